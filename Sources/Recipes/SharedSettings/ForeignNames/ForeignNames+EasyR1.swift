package import Configuration

extension ForeignNames {
    /// The keys of EasyR1's configuration.
    package static let easyR1Table = """
        data.train_files: data.train | shards, which 'think2seg data import' makes
        data.val_files: data.validation | shards, which 'think2seg data import' makes
        data.prompt_key: - | shards have their questions
        data.answer_key: - | shards have the targets' masks
        data.image_key: - | shards have the pictures
        data.video_key: - | there are no videos
        data.image_dir: data.train | shards have the pictures
        data.video_fps: - | there are no videos
        data.max_prompt_length: data.image_size | prompts are never cut; pictures make most of their tokens
        data.max_response_length: grpo.max_completion_length
        data.rollout_batch_size: grpo.num_prompts_per_step, grpo.steps_per_generation | prompts of a batch of rollouts: their product
        data.mini_rollout_batch_size: grpo.rollout_batch_tokens
        data.val_batch_size: grpo.rollout_batch_tokens
        data.format_prompt: prompt.variant, prompt.system | the template and the grammar of answers
        data.override_chat_template: prompt.chat_template
        data.shuffle: seed | samples come in an order that the seed decides about
        data.seed: seed
        data.min_pixels: data.image_size | pictures are stretched to S x S pixels
        data.max_pixels: data.image_size | pictures are stretched to S x S pixels
        data.filter_overlong_prompts: - | no prompt is left out; those too long for the policy are a warning
        data.filter_overlong_prompts_workers: - | no prompt is left out
        data.return_raw_chat: - | rollouts/ has every question
        algorithm.adv_estimator: grpo.advantage_estimator | grpo is group_mean, rloo is leave_one_out
        algorithm.disable_kl: grpo.beta | write grpo.beta: 0
        algorithm.use_kl_loss: grpo.kl_in_reward | the divergence is in the loss unless grpo.kl_in_reward is true
        algorithm.kl_penalty: grpo.use_bias_correction_kl | the divergence is low_var_kl, Schulman's k3
        algorithm.kl_coef: grpo.beta
        algorithm.kl_type: - | the coefficient stays as it is
        algorithm.kl_horizon: - | the coefficient stays as it is
        algorithm.kl_target: - | the coefficient stays as it is
        algorithm.gamma: - | a completion has one reward, at its end
        algorithm.lam: - | there is no critic
        algorithm.online_filtering: - | no group is drawn anew
        algorithm.filter_key: - | no group is drawn anew
        algorithm.filter_low: - | no group is drawn anew
        algorithm.filter_high: - | no group is drawn anew
        worker.hybrid_engine: - | the policy that is trained draws the answers itself
        worker.actor.global_batch_size: grpo.num_prompts_per_step | prompts of an optimizer step
        worker.actor.micro_batch_size_per_device_for_update: grpo.micro_batch_tokens | positions, not completions
        worker.actor.micro_batch_size_per_device_for_experience: grpo.micro_batch_tokens | positions, not completions
        worker.actor.max_grad_norm: training.max_grad_norm
        worker.actor.clip_ratio_low: grpo.epsilon
        worker.actor.clip_ratio_high: grpo.epsilon_high
        worker.actor.clip_ratio_dual: grpo.delta
        worker.actor.tau_positive: - | the loss sapo is not here
        worker.actor.tau_negative: - | the loss sapo is not here
        worker.actor.loss_type: grpo.loss_type, grpo.importance_sampling_level | GSPO is importance_sampling_level: sequence
        worker.actor.loss_avg_mode: grpo.loss_type | token is dapo, seq is grpo
        worker.actor.ppo_epochs: grpo.num_iterations
        worker.actor.padding_free: - | prompts and completions are not padded to one length where that costs
        worker.actor.dynamic_batching: grpo.micro_batch_tokens | micro-batches are made by positions always
        worker.actor.ulysses_size: - | a model is on one device
        worker.actor.use_torch_compile: - | there is no Python to compile
        worker.actor.model.model_path: policy.path
        worker.actor.model.tokenizer_path: policy.path | tokenizer and processor are read from the policy's folder
        worker.actor.model.override_config: - | sizes are those of config.json
        worker.actor.model.enable_gradient_checkpointing: training.gradient_checkpointing
        worker.actor.model.trust_remote_code: - | no code of a checkpoint is run
        worker.actor.model.freeze_vision_tower: policy.freeze | write policy.freeze: ["visual.*"]
        worker.actor.model.lora.rank: policy.adapter.r
        worker.actor.model.lora.alpha: policy.adapter.lora_alpha
        worker.actor.model.lora.target_modules: policy.adapter.target_modules
        worker.actor.model.lora.exclude_modules: policy.adapter.exclude_modules
        worker.actor.optim.lr: training.learning_rate
        worker.actor.optim.betas: training.adam_beta1, training.adam_beta2
        worker.actor.optim.weight_decay: training.weight_decay
        worker.actor.optim.strategy: policy.dtype | AdamW with float32 masters, whatever the policy's element type
        worker.actor.optim.lr_warmup_steps: training.warmup_steps
        worker.actor.optim.lr_warmup_ratio: training.warmup_ratio
        worker.actor.optim.min_lr_ratio: - | schedules end at 0
        worker.actor.optim.lr_scheduler_type: training.lr_scheduler_type
        worker.actor.optim.warmup_style: training.lr_scheduler_type
        worker.actor.optim.training_steps: training.max_steps
        worker.actor.fsdp.enable_full_shard: - | a model is on one device
        worker.actor.fsdp.enable_cpu_offload: - | a model is on one device
        worker.actor.fsdp.enable_rank0_init: - | a model is on one device
        worker.actor.fsdp.use_orig_params: - | a model is on one device
        worker.actor.fsdp.torch_dtype: policy.dtype
        worker.actor.fsdp.fsdp_size: - | a model is on one device
        worker.actor.fsdp.mp_param_dtype: policy.dtype
        worker.actor.fsdp.mp_reduce_dtype: - | gradients are summed in float32
        worker.actor.fsdp.mp_buffer_dtype: - | a model is on one device
        worker.actor.offload.offload_params: - | a model is on one device
        worker.actor.offload.offload_optimizer: - | a model is on one device
        worker.rollout.n: grpo.num_generations
        worker.rollout.name: - | the policy that is trained draws the answers itself
        worker.rollout.temperature: grpo.temperature
        worker.rollout.top_p: grpo.top_p
        worker.rollout.top_k: grpo.top_k | 0 where others have -1: all tokens
        worker.rollout.seed: seed
        worker.rollout.limit_images: - | a question is about one picture
        worker.rollout.dtype: policy.dtype
        worker.rollout.gpu_memory_utilization: grpo.rollout_batch_tokens | how much is decoded at once decides about memory
        worker.rollout.ignore_eos: - | an answer ends with the policy's own ending token
        worker.rollout.enforce_eager: - | the policy that is trained draws the answers itself
        worker.rollout.enable_chunked_prefill: - | the policy that is trained draws the answers itself
        worker.rollout.tensor_parallel_size: - | a model is on one device
        worker.rollout.max_model_len: grpo.max_completion_length | prompts are never cut
        worker.rollout.max_num_batched_tokens: grpo.rollout_batch_tokens
        worker.rollout.disable_log_stats: - | every step is a line of metrics.jsonl
        worker.rollout.disable_tqdm: - | --quiet says only what is wrong
        worker.rollout.trust_remote_code: - | no code of a checkpoint is run
        worker.rollout.val_override_config: - | evaluations take the likeliest tokens
        worker.rollout.val_override_config.temperature: - | evaluations take the likeliest tokens
        worker.rollout.val_override_config.top_p: - | evaluations take the likeliest tokens
        worker.rollout.val_override_config.n: - | evaluations ask each question once
        worker.ref.strategy: - | the reference is the starting policy
        worker.ref.fsdp.enable_full_shard: - | a model is on one device
        worker.ref.fsdp.enable_cpu_offload: - | a model is on one device
        worker.ref.fsdp.enable_rank0_init: - | a model is on one device
        worker.ref.offload.offload_params: - | a model is on one device
        worker.ref.micro_batch_size_per_device_for_experience: grpo.micro_batch_tokens
        worker.critic.strategy: - | there is no critic
        worker.reward.reward_type: rewards
        worker.reward.reward_function: rewards | terms by name; one's own is a command, as in rewards: {mine: {command: [python3, my.py]}}
        worker.reward.reward_function_kwargs: rewards | a term's parameters stand beside its weight
        worker.reward.reward_function_name: rewards | terms by name
        worker.reward.num_cpus: grpo.reward_workers
        worker.reward.skip_special_tokens: - | rewards read the completion's text
        trainer.total_epochs: training.num_train_epochs
        trainer.max_steps: training.max_steps
        trainer.project_name: output_dir | a run is called as its folder
        trainer.experiment_name: output_dir | a run is called as its folder
        trainer.logger: logging.trackers | programs for trackio, MLflow and W&B; metrics.jsonl is written in any case, TensorBoard's event files unless logging.tensorboard is false
        trainer.nnodes: - | there is one process
        trainer.n_gpus_per_node: device | one device: cpu, cuda or cuda:N
        trainer.max_try_make_batch: - | no group is drawn anew
        trainer.critic_warmup: - | there is no critic
        trainer.val_freq: evaluation.eval_steps, logging.eval_steps
        trainer.val_before_train: evaluation.eval_on_start
        trainer.val_only: - | the command is evaluate
        trainer.val_generations_to_log: logging.num_images | evaluations keep every answer in predictions.jsonl
        trainer.save_freq: logging.save_steps
        trainer.save_limit: logging.save_total_limit
        trainer.save_model_only: - | `think2seg checkpoint export` writes the policy alone
        trainer.save_checkpoint_path: output_dir
        trainer.load_checkpoint_path: - | the same command continues a run; --resume names another checkpoint
        trainer.find_last_checkpoint: - | the same command continues a run
        trainer.ray_timeline: - | there is one process
        """
}
