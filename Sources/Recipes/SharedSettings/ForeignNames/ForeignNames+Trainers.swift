package import Configuration

extension ForeignNames {
    /// Keys and values of the trainers that people come from.
    ///
    /// Each trainer has a file with its table. A key of one trainer that another has too stands with the
    /// one that is named first here.
    package static let trainers = ForeignNames(
        keys: keys(of: "TRL", trlTable) + keys(of: "TRL", trlEarlierTable)
            + keys(of: "transformers", transformersTable)
            + keys(of: "transformers", transformersEarlierTable)
            + keys(of: "TRL", trlModelTable) + keys(of: "EasyR1", easyR1Table)
            + keys(of: "verl", verlTable)
            + keys(of: "the GRPO paper", paperTable),
        values: values(valueTable))

    /// The signs of the papers: GRPO (arXiv 2402.03300), and DAPO (2503.14476) for the two clips.
    private static let paperTable = """
        G: grpo.num_generations
        β: grpo.beta
        ε: grpo.epsilon
        ε_low: grpo.epsilon
        ε_high: grpo.epsilon_high
        μ: grpo.num_iterations
        π_ref: grpo.beta | the reference is the starting policy
        """

    /// Values that other trainers take, and what to write here.
    private static let valueTable = """
        grpo.loss_type = gspo | GSPO is grpo.importance_sampling_level: sequence with grpo.loss_type: grpo
        grpo.loss_type = luspo | this loss of TRL is not here; the nearest is dr_grpo
        grpo.loss_type = sapo | this loss of TRL is not here; dapo and cispo bound ratios by token
        grpo.loss_type = vespo | this loss of TRL is not here; dapo and cispo bound ratios by token
        grpo.loss_type = ppo | there is no critic here; grpo has PPO's clipped ratios without one
        grpo.loss_type = reinforce | write rloo, or grpo with one step for each batch of rollouts
        grpo.scale_rewards = true | write group
        grpo.scale_rewards = false | write none
        grpo.scale_rewards = std | write group
        grpo.advantage_estimator = grpo | write group_mean
        grpo.advantage_estimator = rloo | write leave_one_out
        grpo.advantage_estimator = gae | there is no critic here; write group_mean or leave_one_out
        grpo.advantage_estimator = reinforce_plus_plus | write group_mean with grpo.scale_rewards: batch
        policy.dtype = bf16 | write bfloat16
        policy.dtype = fp32 | write float32
        policy.dtype = float | write float32
        policy.dtype = fp16 | write bfloat16 or float32; policies are not trained in float16
        policy.dtype = half | write bfloat16 or float32; policies are not trained in float16
        policy.dtype = float16 | write bfloat16 or float32; policies are not trained in float16
        policy.dtype = auto | write bfloat16 or float32
        segmenter.dtype = bf16 | write bfloat16
        segmenter.dtype = fp32 | write float32
        segmenter.dtype = fp16 | write bfloat16 or float32
        segmenter.dtype = float16 | write bfloat16 or float32
        segmenter.dtype = auto | write bfloat16 or float32
        training.lr_scheduler_type = cosine_with_restarts | write cosine; there are no restarts here
        training.lr_scheduler_type = cosine_with_min_lr | write cosine, which ends at 0
        training.lr_scheduler_type = polynomial | write linear, a polynomial of degree 1
        training.lr_scheduler_type = reduce_lr_on_plateau | write constant, with evaluation.early_stopping_patience
        training.lr_scheduler_type = warmup_stable_decay | write constant_with_warmup
        training.lr_scheduler_type = wsd | write constant_with_warmup
        evaluation.metric_for_best_model = loss | a policy is told by its masks: write giou
        evaluation.metric_for_best_model = eval_loss | a policy is told by its masks: write giou
        evaluation.metric_for_best_model = reward | a policy is told by its masks: write giou
        evaluation.metric_for_best_model = miou | write giou, the mean of the samples' IoU
        evaluation.metric_for_best_model = mean_iou | write giou, the mean of the samples' IoU
        evaluation.metric_for_best_model = iou | write giou, the mean of the samples' IoU
        device = gpu | write cuda
        device = cuda:auto | write cuda or cuda:N
        device = mps | models compute on cpu or cuda
        """
}
