package import Configuration

extension ForeignNames {
    /// Keys of verl's configuration that EasyR1 does not have.
    package static let verlTable = """
        data.train_batch_size: grpo.num_prompts_per_step, grpo.steps_per_generation | prompts of a batch of rollouts: their product
        data.gen_batch_size: grpo.num_prompts_per_step
        data.images_key: - | shards have the pictures
        data.truncation: - | prompts are never cut
        data.tokenizer: policy.path | the tokenizer is read from the policy's folder
        data.train_max_samples: training.max_steps
        data.val_max_samples: evaluation.eval_samples, logging.eval_samples
        data.dataloader_num_workers: data.workers
        data.reward_fn_key: rewards
        data.custom_cls.path: - | make shards of your data with 'think2seg data import'
        actor_rollout_ref.hybrid_engine: - | the policy that is trained draws the answers itself
        actor_rollout_ref.model.path: policy.path
        actor_rollout_ref.model.enable_gradient_checkpointing: training.gradient_checkpointing
        actor_rollout_ref.model.use_remove_padding: - | prompts and completions are not padded to one length where that costs
        actor_rollout_ref.model.lora_rank: policy.adapter.r
        actor_rollout_ref.model.lora_alpha: policy.adapter.lora_alpha
        actor_rollout_ref.model.target_modules: policy.adapter.target_modules
        actor_rollout_ref.model.trust_remote_code: - | no code of a checkpoint is run
        actor_rollout_ref.actor.strategy: - | a model is on one device
        actor_rollout_ref.actor.optim.lr: training.learning_rate
        actor_rollout_ref.actor.optim.lr_warmup_steps: training.warmup_steps
        actor_rollout_ref.actor.optim.lr_warmup_steps_ratio: training.warmup_ratio
        actor_rollout_ref.actor.optim.weight_decay: training.weight_decay
        actor_rollout_ref.actor.optim.total_training_steps: training.max_steps
        actor_rollout_ref.actor.optim.warmup_style: training.lr_scheduler_type
        actor_rollout_ref.actor.optim.lr_scheduler_type: training.lr_scheduler_type
        actor_rollout_ref.actor.optim.betas: training.adam_beta1, training.adam_beta2
        actor_rollout_ref.actor.ppo_mini_batch_size: grpo.num_prompts_per_step | prompts of an optimizer step
        actor_rollout_ref.actor.ppo_micro_batch_size: grpo.micro_batch_tokens | positions, not completions
        actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu: grpo.micro_batch_tokens | positions, not completions
        actor_rollout_ref.actor.ppo_max_token_len_per_gpu: grpo.micro_batch_tokens
        actor_rollout_ref.actor.use_dynamic_bsz: grpo.micro_batch_tokens | micro-batches are made by positions always
        actor_rollout_ref.actor.grad_clip: training.max_grad_norm
        actor_rollout_ref.actor.clip_ratio: grpo.epsilon
        actor_rollout_ref.actor.clip_ratio_low: grpo.epsilon
        actor_rollout_ref.actor.clip_ratio_high: grpo.epsilon_high
        actor_rollout_ref.actor.clip_ratio_c: grpo.delta
        actor_rollout_ref.actor.loss_agg_mode: grpo.loss_type | token-mean is dapo, seq-mean-token-mean is grpo, seq-mean-token-sum-norm is dr_grpo
        actor_rollout_ref.actor.policy_loss.loss_mode: grpo.loss_type, grpo.importance_sampling_level
        actor_rollout_ref.actor.entropy_coeff: - | there is no bonus for entropy
        actor_rollout_ref.actor.use_kl_loss: grpo.kl_in_reward | the divergence is in the loss unless grpo.kl_in_reward is true
        actor_rollout_ref.actor.kl_loss_coef: grpo.beta
        actor_rollout_ref.actor.kl_loss_type: grpo.use_bias_correction_kl | the divergence is low_var_kl, Schulman's k3
        actor_rollout_ref.actor.ppo_epochs: grpo.num_iterations
        actor_rollout_ref.actor.shuffle: seed
        actor_rollout_ref.actor.ulysses_sequence_parallel_size: - | a model is on one device
        actor_rollout_ref.actor.fsdp_config.param_offload: - | a model is on one device
        actor_rollout_ref.actor.fsdp_config.optimizer_offload: - | a model is on one device
        actor_rollout_ref.rollout.n: grpo.num_generations
        actor_rollout_ref.rollout.name: - | the policy that is trained draws the answers itself
        actor_rollout_ref.rollout.mode: - | the policy that is trained draws the answers itself
        actor_rollout_ref.rollout.temperature: grpo.temperature
        actor_rollout_ref.rollout.top_k: grpo.top_k | 0 where others have -1: all tokens
        actor_rollout_ref.rollout.top_p: grpo.top_p
        actor_rollout_ref.rollout.prompt_length: data.image_size | prompts are never cut
        actor_rollout_ref.rollout.response_length: grpo.max_completion_length
        actor_rollout_ref.rollout.dtype: policy.dtype
        actor_rollout_ref.rollout.gpu_memory_utilization: grpo.rollout_batch_tokens | how much is decoded at once decides about memory
        actor_rollout_ref.rollout.tensor_model_parallel_size: - | a model is on one device
        actor_rollout_ref.rollout.max_num_batched_tokens: grpo.rollout_batch_tokens
        actor_rollout_ref.rollout.max_num_seqs: grpo.rollout_batch_tokens
        actor_rollout_ref.rollout.max_model_len: grpo.max_completion_length | prompts are never cut
        actor_rollout_ref.rollout.log_prob_micro_batch_size: grpo.micro_batch_tokens
        actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu: grpo.micro_batch_tokens
        actor_rollout_ref.rollout.log_prob_max_token_len_per_gpu: grpo.micro_batch_tokens
        actor_rollout_ref.rollout.do_sample: grpo.temperature | training draws always; evaluations take the likeliest tokens
        actor_rollout_ref.rollout.val_kwargs.n: - | evaluations ask each question once
        actor_rollout_ref.rollout.val_kwargs.temperature: - | evaluations take the likeliest tokens
        actor_rollout_ref.rollout.val_kwargs.do_sample: - | evaluations take the likeliest tokens
        actor_rollout_ref.ref.log_prob_micro_batch_size: grpo.micro_batch_tokens
        actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu: grpo.micro_batch_tokens
        actor_rollout_ref.ref.fsdp_config.param_offload: - | a model is on one device
        algorithm.use_kl_in_reward: grpo.kl_in_reward
        algorithm.norm_adv_by_std_in_grpo: grpo.scale_rewards | true is group, false is none
        algorithm.kl_ctrl.type: - | the coefficient stays as it is
        algorithm.kl_ctrl.kl_coef: grpo.beta
        algorithm.filter_groups.enable: - | no group is drawn anew
        critic.optim.lr: - | there is no critic
        critic.model.path: - | there is no critic
        critic.enable: - | there is no critic
        reward_model.enable: rewards | there is no model of rewards; one's own term is a command
        reward_model.reward_manager: rewards
        reward_model.model.path: rewards | there is no model of rewards; one's own term is a command
        custom_reward_function.path: rewards | one's own is a command, as in rewards: {mine: {command: [python3, my.py]}}
        custom_reward_function.name: rewards
        reward.custom_reward_function.path: rewards | one's own is a command, as in rewards: {mine: {command: [python3, my.py]}}
        trainer.total_training_steps: training.max_steps
        trainer.test_freq: evaluation.eval_steps, logging.eval_steps
        trainer.default_local_dir: output_dir
        trainer.default_hdfs_dir: output_dir
        trainer.resume_mode: - | the same command continues a run; --resume is never, auto or a folder
        trainer.resume_from_path: - | --resume names a checkpoint
        trainer.max_actor_ckpt_to_keep: logging.save_total_limit
        trainer.log_val_generations: logging.num_images | evaluations keep every answer in predictions.jsonl
        trainer.rollout_data_dir: logging.log_completions_steps | completions are in rollouts/
        trainer.device: device
        ray_init.num_cpus: threads | there is one process
        """
}
