package import Configuration

extension ForeignNames {
    /// The fields of transformers' `TrainingArguments` (5.23).
    package static let transformersTable = """
        output_dir: output_dir
        per_device_train_batch_size: grpo.num_prompts_per_step, training.images_per_step, training.pictures_per_step | completions there, prompts or pictures of a whole step here; what is computed at once is grpo.micro_batch_tokens
        num_train_epochs: training.num_train_epochs
        max_steps: training.max_steps | null where transformers has -1
        learning_rate: training.learning_rate
        lr_scheduler_type: training.lr_scheduler_type
        lr_scheduler_kwargs: - | schedules have no parameters but the warm-up
        warmup_steps: training.warmup_steps
        optim: - | the optimizer is AdamW, with float32 masters
        optim_args: training.adam_beta1, training.adam_beta2, training.adam_epsilon | each part is a key of its own
        weight_decay: training.weight_decay
        adam_beta1: training.adam_beta1
        adam_beta2: training.adam_beta2
        adam_epsilon: training.adam_epsilon
        optim_target_modules: policy.freeze, segmenter.freeze | patterns of what is not trained
        gradient_accumulation_steps: grpo.num_prompts_per_step, training.images_per_step, training.pictures_per_step | a step has so many, and is divided by itself: grpo.micro_batch_tokens bounds what is computed at once
        average_tokens_across_devices: - | there is one device
        max_grad_norm: training.max_grad_norm
        label_smoothing_factor: - | losses are as published
        bf16: policy.dtype | write policy.dtype: bfloat16
        fp16: policy.dtype | float16 is not trained in; write policy.dtype: bfloat16
        bf16_full_eval: policy.dtype | evaluations compute as training does
        fp16_full_eval: policy.dtype | evaluations compute as training does
        tf32: - | float32 products stay float32
        activation_checkpointing: grpo.micro_batch_tokens | what is computed at once bounds what is kept
        activation_checkpointing_kwargs: grpo.micro_batch_tokens
        gradient_checkpointing: training.gradient_checkpointing
        gradient_checkpointing_kwargs: training.gradient_checkpointing
        torch_compile: - | there is no Python to compile
        torch_compile_backend: - | there is no Python to compile
        torch_compile_mode: - | there is no Python to compile
        use_liger_kernel: - | norms, rotations and the head's gradient are computed in one pass always
        liger_kernel_config: - | norms, rotations and the head's gradient are computed in one pass always
        use_cache: - | keys and values are kept while answers are drawn
        neftune_noise_alpha: - | no noise is added to embeddings
        torch_empty_cache_steps: - | memory is kept for the next step
        auto_find_batch_size: grpo.micro_batch_tokens, grpo.rollout_batch_tokens | `think2seg train CONFIG --dry-run` tells how much memory sizes need
        logging_strategy: - | every step is a line of metrics.jsonl
        logging_steps: logging.log_completions_steps, logging.log_images_steps | every step is a line of metrics.jsonl; these are for completions and pictures
        logging_first_step: - | every step is a line of metrics.jsonl
        log_on_each_node: - | there is one process
        logging_nan_inf_filter: strict | a step that is not finite is left out and said; strict ends the run there
        include_num_input_tokens_seen: - | metrics.jsonl counts tokens always
        log_level: - | --quiet says only what is wrong
        log_level_replica: - | there is one process
        disable_tqdm: - | --quiet says only what is wrong
        report_to: logging.trackers | programs for trackio, MLflow and W&B; metrics.jsonl is written in any case, TensorBoard's event files unless logging.tensorboard is false
        run_name: output_dir | a run is called as its folder
        project: output_dir | a run is called as its folder
        trackio_space_id: - | nothing is sent anywhere
        trackio_bucket_id: - | nothing is sent anywhere
        trackio_static_space_id: - | nothing is sent anywhere
        eval_strategy: evaluation.eval_steps, logging.eval_steps | steps between evaluations; without data.validation there are none
        eval_steps: evaluation.eval_steps, logging.eval_steps
        eval_delay: evaluation.eval_on_start | evaluations begin with the first evaluation.eval_steps
        per_device_eval_batch_size: grpo.rollout_batch_tokens | how many positions are decoded at once
        prediction_loss_only: - | evaluations segment what the policy answers
        eval_on_start: evaluation.eval_on_start
        eval_do_concat_batches: - | answers are written as they come
        eval_use_gather_object: - | there is one process
        eval_accumulation_steps: - | answers are written as they come
        include_for_metrics: - | every metric is computed; evaluation.metric_for_best_model chooses one
        batch_eval_metrics: - | answers are written as they come
        save_only_model: - | a checkpoint has what the run continues from; `think2seg checkpoint export` writes the policy alone
        save_strategy: logging.save_steps | steps between checkpoints; 0: only the last
        save_steps: logging.save_steps
        save_on_each_node: - | there is one process
        save_total_limit: logging.save_total_limit
        enable_jit_checkpoint: logging.save_before_time_limit | Ctrl-C and SIGTERM end a run with a checkpoint always
        push_to_hub: - | nothing is sent to the hub; `think2seg checkpoint export` writes a folder that can be
        hub_token: - | nothing is sent to the hub
        hub_private_repo: - | nothing is sent to the hub
        hub_model_id: - | nothing is sent to the hub
        hub_strategy: - | nothing is sent to the hub
        hub_always_push: - | nothing is sent to the hub
        hub_revision: - | nothing is sent to the hub
        load_best_model_at_end: evaluation.metric_for_best_model | the best checkpoint stays, as checkpoints/best
        metric_for_best_model: evaluation.metric_for_best_model
        greater_is_better: evaluation.metric_for_best_model | larger is better in all of them
        ignore_data_skip: - | a run goes on with the next sample always
        restore_callback_states_from_checkpoint: - | a checkpoint has all that a run continues from
        full_determinism: seed | on the CPU the same seed and threads give the same bytes always
        seed: seed
        data_seed: seed | one seed decides about everything
        use_cpu: device | write device: cpu
        accelerator_config: device | there is one process
        parallelism_config: device | there is one process
        dataloader_drop_last: - | every sample is asked before any is asked again
        dataloader_num_workers: data.workers
        dataloader_pin_memory: - | samples are copied when they are needed
        dataloader_persistent_workers: data.workers | threads stay
        dataloader_prefetch_factor: data.prefetch | samples in all, not per worker
        dataloader_multiprocessing_context: data.workers | workers are threads
        dataloader_in_order: data.workers | the order does not depend on the workers
        label_names: - | shards have the columns that training needs
        train_sampling_strategy: seed | samples come in an order that the seed decides about
        length_column_name: - | samples are not sorted by length
        ddp_find_unused_parameters: - | there is one process
        ddp_bucket_cap_mb: - | there is one process
        ddp_broadcast_buffers: - | there is one process
        ddp_static_graph: - | there is one process
        ddp_backend: - | there is one process
        ddp_timeout: - | there is one process
        fsdp: - | a model is on one device
        fsdp_config: - | a model is on one device
        deepspeed: - | a model is on one device
        debug: strict | strict ends a run at what otherwise costs one step
        skip_memory_metrics: - | `think2seg train CONFIG --dry-run` tells how much memory a run needs
        do_train: - | the command is train
        do_eval: evaluation.eval_steps | with data.validation a run evaluates while it trains; the command is evaluate
        do_predict: - | the command is predict
        resume_from_checkpoint: - | the same command continues a run; --resume names another checkpoint
        local_rank: device | there is one process: device is cuda:N
        """

    /// Fields of `TrainingArguments` that earlier versions had.
    package static let transformersEarlierTable = """
        warmup_ratio: training.warmup_ratio
        evaluation_strategy: evaluation.eval_steps, logging.eval_steps | steps between evaluations
        logging_dir: output_dir | event files stand in the run's folder
        overwrite_output_dir: - | a run is continued; for a new one give another output_dir
        no_cuda: device | write device: cpu
        use_mps_device: device | cpu or cuda
        jit_mode_eval: - | there is no Python to compile
        half_precision_backend: policy.dtype
        fp16_opt_level: policy.dtype
        fp16_backend: policy.dtype
        per_gpu_train_batch_size: grpo.num_prompts_per_step, training.images_per_step, training.pictures_per_step
        per_gpu_eval_batch_size: grpo.rollout_batch_tokens
        group_by_length: - | samples are not sorted by length
        save_safetensors: - | weights are written as safetensors always
        adafactor: - | the optimizer is AdamW
        tpu_num_cores: device | cpu or cuda
        early_stopping_patience: evaluation.early_stopping_patience
        early_stopping_threshold: evaluation.early_stopping_threshold
        batch_size: grpo.num_prompts_per_step, training.images_per_step, training.pictures_per_step
        epochs: training.num_train_epochs
        num_epochs: training.num_train_epochs
        clip_grad_norm: training.max_grad_norm
        gradient_clipping: training.max_grad_norm
        num_workers: data.workers
        """
}
