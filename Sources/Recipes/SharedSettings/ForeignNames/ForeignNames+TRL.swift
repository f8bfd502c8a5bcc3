package import Configuration

extension ForeignNames {
    /// The fields of TRL's `GRPOConfig` (1.16) that transformers' arguments do not have.
    package static let trlTable = """
        model_init_kwargs: policy.path, policy.dtype | each part is a key of its own
        trust_remote_code: - | no code of a checkpoint is run
        router_aux_loss_coef: - | no policy here has experts
        disable_dropout: - | policies have no dropout while they are trained
        cast_lm_head_to_fp32: policy.cast_lm_head_to_fp32
        num_generations: grpo.num_generations
        num_generations_eval: - | evaluations ask each question once, and take the likeliest tokens
        max_completion_length: grpo.max_completion_length
        ds3_gather_for_generation: - | there is one process, and nothing to gather
        shuffle_dataset: seed | samples come in an order that the seed decides about
        pad_to_multiple_of: - | lengths are not rounded
        generation_batch_size: grpo.num_prompts_per_step, grpo.steps_per_generation | completions there, prompts here: divide by num_generations
        steps_per_generation: grpo.steps_per_generation
        temperature: grpo.temperature
        top_p: grpo.top_p
        top_k: grpo.top_k
        min_p: - | answers are drawn by temperature, top_k and top_p
        generation_kwargs: grpo.temperature, grpo.top_k, grpo.top_p | each part is a key of its own
        chat_template_kwargs: prompt.chat_template | a template gets no arguments here: write a file that needs none
        repetition_penalty: - | answers are drawn from the policy's own probabilities, which the ratios need
        cache_implementation: - | keys and values are kept in one way
        use_vllm: - | the policy that is trained draws the answers itself, in the same process
        vllm_mode: - | the policy that is trained draws the answers itself
        vllm_model_impl: - | the policy that is trained draws the answers itself
        vllm_enable_sleep_mode: - | the policy that is trained draws the answers itself
        vllm_structured_outputs_regex: - | answers are free, and their form is a reward
        vllm_server_base_url: - | the policy that is trained draws the answers itself
        vllm_server_host: - | the policy that is trained draws the answers itself
        vllm_server_port: - | the policy that is trained draws the answers itself
        vllm_server_timeout: - | the policy that is trained draws the answers itself
        vllm_group_port: - | the policy that is trained draws the answers itself
        vllm_gpu_memory_utilization: grpo.rollout_batch_tokens | how much is decoded at once decides about memory
        vllm_max_model_length: grpo.max_completion_length | prompts are never cut, only completions have a longest length
        vllm_tensor_parallel_size: - | a model is on one device
        beta: grpo.beta
        num_iterations: grpo.num_iterations
        epsilon: grpo.epsilon
        delta: grpo.delta
        epsilon_high: grpo.epsilon_high
        sapo_temperature_neg: - | the loss sapo is not here
        sapo_temperature_pos: - | the loss sapo is not here
        vespo_k_pos: - | the loss vespo is not here
        vespo_lambda_pos: - | the loss vespo is not here
        vespo_k_neg: - | the loss vespo is not here
        vespo_lambda_neg: - | the loss vespo is not here
        importance_sampling_level: grpo.importance_sampling_level
        reward_weights: rewards | a table of weights by name: rewards: {mask_iou: 2, sam_json_format: 1}
        multi_objective_aggregation: rewards | terms are added by their weights before advantages are taken
        scale_rewards: grpo.scale_rewards | group, batch or none
        loss_type: grpo.loss_type
        mask_truncated_completions: grpo.mask_truncated_completions
        sync_ref_model: - | the reference stays the starting policy
        ref_model_mixup_alpha: - | the reference stays the starting policy
        ref_model_sync_steps: - | the reference stays the starting policy
        top_entropy_quantile: - | every token of a completion counts
        entropy_coef: - | there is no bonus for entropy
        use_adaptive_entropy: - | there is no bonus for entropy
        entropy_coef_min: - | there is no bonus for entropy
        entropy_coef_max: - | there is no bonus for entropy
        entropy_coef_delta: - | there is no bonus for entropy
        entropy_target: - | there is no bonus for entropy
        max_tool_calling_iterations: - | a policy answers once, and calls no tools but the segmenter
        vllm_importance_sampling_correction: - | answers are drawn and learnt from by the same program: there is nothing to correct
        vllm_importance_sampling_mode: - | there is nothing to correct
        vllm_importance_sampling_clip_max: - | there is nothing to correct
        vllm_importance_sampling_clip_min: - | there is nothing to correct
        vllm_importance_sampling_cap: - | there is nothing to correct
        off_policy_mask_threshold: grpo.delta | completions are not masked by their divergence; delta bounds ratios
        use_bias_correction_kl: grpo.use_bias_correction_kl
        log_completions: logging.log_completions_steps | steps between those whose completions are kept, in rollouts/
        log_multimodal: logging.log_images_steps, logging.num_images
        num_completions_to_print: logging.num_images | pictures with their answers go to the event files
        log_unique_prompts: - | rollouts/ has every question
        log_completions_hub_repo: - | nothing is sent to the hub; completions are in rollouts/
        use_transformers_continuous_batching: grpo.rollout_batch_tokens | several prompts are decoded together always
        transformers_continuous_batching_config: grpo.rollout_batch_tokens
        use_transformers_paged: - | keys and values are kept in one way
        """

    /// Fields and arguments of TRL before 1.0, and of `GRPOTrainer` itself.
    package static let trlEarlierTable = """
        max_prompt_length: data.image_size | prompts are never cut; pictures make most of their tokens
        max_length: grpo.max_completion_length, data.image_size | prompts are never cut, only completions have a longest length
        remove_unused_columns: - | shards have the columns that training needs
        vllm_device: - | the policy that is trained draws the answers itself
        vllm_dtype: policy.dtype | the policy that is trained draws the answers itself
        vllm_max_model_len: grpo.max_completion_length | prompts are never cut
        vllm_guided_decoding_regex: - | answers are free, and their form is a reward
        vllm_enable_prefix_caching: - | a group's prompt is computed once always
        use_liger_loss: - | the head's gradient is computed without the logits of all positions always
        wandb_log_unique_prompts: - | rollouts/ has every question
        scale_reward: grpo.scale_rewards | group, batch or none
        max_new_tokens: grpo.max_completion_length
        wandb_project: logging.trackers | W&B is told by a program: {wandb: {command: [python3, trackers/wandb_tracker.py]}}, see Documentation/trackers.md
        kl_coef: grpo.beta
        kl_beta: grpo.beta
        cliprange: grpo.epsilon
        clip_range: grpo.epsilon
        num_ppo_epochs: grpo.num_iterations
        rloo_k: grpo.num_generations
        response_length: grpo.max_completion_length
        reward_funcs: rewards | terms by name with their weights; one's own is a command, as in rewards: {mine: {command: [python3, my.py]}}
        reward_model_path: rewards | there is no model of rewards; one's own is a command
        reward_processing_classes: rewards
        ref_model: grpo.beta | the reference is the starting policy, and is loaded where grpo.beta is above 0
        train_dataset: data.train
        eval_dataset: data.validation
        processing_class: policy.path | tokenizer and processor are read from the policy's folder
        tokenizer: policy.path | the tokenizer is read from the policy's folder
        peft_config: policy.adapter.target_modules | policy.adapter has the fields of LoraConfig
        """

    /// Fields of TRL's `ModelConfig` and `ScriptArguments`.
    package static let trlModelTable = """
        model_name_or_path: policy.path, segmenter.path | a folder: fetch a model with hf download NAME --local-dir FOLDER
        model_revision: - | fetch it with hf download NAME --revision REVISION --local-dir FOLDER
        dtype: policy.dtype | float32 or bfloat16
        torch_dtype: policy.dtype | float32 or bfloat16
        attn_implementation: - | attention is libtorch's own
        use_peft: policy.adapter.target_modules | an adapter is trained where that is set
        lora_r: policy.adapter.r
        lora_alpha: policy.adapter.lora_alpha
        lora_dropout: policy.adapter.lora_dropout
        lora_target_modules: policy.adapter.target_modules
        lora_target_parameters: policy.adapter.target_modules | adapters are of modules, not of bare parameters
        lora_modules_to_save: policy.adapter.modules_to_save
        lora_task_type: - | a policy writes text, and there is no other task
        use_rslora: policy.adapter.use_rslora
        use_dora: policy.adapter.use_dora
        load_in_8bit: - | quantised weights cannot be trained
        load_in_4bit: - | quantised weights cannot be trained
        bnb_4bit_quant_type: - | quantised weights cannot be trained
        use_bnb_nested_quant: - | quantised weights cannot be trained
        bnb_4bit_quant_storage: - | quantised weights cannot be trained
        dataset_name: data.train | shards, which 'think2seg data import' makes
        dataset_config: data.train | shards, which 'think2seg data import' makes
        dataset_train_split: data.train | each split is a shard of its own
        dataset_test_split: data.validation | each split is a shard of its own
        dataset_streaming: data.prefetch | samples are read from the shards when they come
        ignore_bias_buffers: - | there is one process
        """
}
