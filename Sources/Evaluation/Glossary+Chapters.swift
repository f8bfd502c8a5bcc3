extension Glossary {
    /// The entries under their headings.
    package static let chapters = [
        Chapter(title: "Answers", entries: answers),
        Chapter(title: "Held-out questions", entries: heldOut),
        Chapter(title: "Reward terms", entries: rewardTerms),
        Chapter(title: "Training", entries: training),
        Chapter(title: "Words", entries: words),
    ]

    /// What both training and evaluation say of answers.
    private static let answers = [
        GlossaryEntry(
            "mask IoU", keys: ["mask_iou", "rewards/mask_iou/mean", "iou"], unit: share,
            "overlap of the mask that the segmenter made of an answer with the truth: intersection "
                + "over union; in the log the mean over a step's answers"),
        GlossaryEntry(
            "valid format",
            keys: ["format_validity", "sam_json_format", "rewards/sam_json_format/mean"],
            unit: share,
            "share of answers that the strict parser reads; after `paper_` the lenient one",
            retired: ["format validity", "validity of the format"]),
        GlossaryEntry(
            "unreadable answers", keys: ["parse_failure_rate"], unit: share,
            "share of answers that the strict parser does not read: 1 less the share of valid format"
        ),
        GlossaryEntry(
            "valid tags",
            keys: ["tag_validity", "think_answer_format", "rewards/think_answer_format/mean"],
            unit: share,
            "share of answers that are a thought and then a prompt in their tags, and nothing else",
            retired: ["tag validity"]),
        GlossaryEntry(
            "tokens per answer", keys: ["mean_length", "completions/mean_length", "length"],
            unit: "tokens", "how long answers are, the thought and the tag of the end included",
            retired: ["answer length", "length of answers", "mean length"]),
        GlossaryEntry(
            "objects per answer", keys: ["mean_objects"], unit: "objects",
            "how many objects an answer points at"),
        GlossaryEntry(
            "thought names the target", keys: ["thought_names_target"], unit: share,
            "share of thoughts that name the class of the target, where it is known"),
    ]

    /// What evaluations on held-out questions say.
    private static let heldOut = [
        GlossaryEntry(
            "gIoU", keys: ["giou"], unit: share,
            "mean of the answers' mask IoUs; where there is no target, an answer that points at "
                + "nothing counts 1, any other 0"),
        GlossaryEntry(
            "cIoU", keys: ["ciou"], unit: share,
            "sum of all intersections over the sum of all unions: large targets count more"),
        GlossaryEntry(
            "gIoU, target present", keys: ["giou_with_target"], unit: share,
            "gIoU of the answers to questions that have a target"),
        GlossaryEntry(
            "gIoU, target named", keys: ["giou_when_named"], unit: share,
            "gIoU of the answers whose thought names the class of the target"),
        GlossaryEntry(
            "Pr@0.5", keys: ["precision_0.5"], unit: share,
            "share of answers with a mask IoU of at least 0.5"),
        GlossaryEntry(
            "Pr@0.6", keys: ["precision_0.6"], unit: share, "the same with 0.6"),
        GlossaryEntry(
            "Pr@0.7", keys: ["precision_0.7"], unit: share, "the same with 0.7"),
        GlossaryEntry(
            "Pr@0.8", keys: ["precision_0.8"], unit: share, "the same with 0.8"),
        GlossaryEntry(
            "Pr@0.9", keys: ["precision_0.9"], unit: share, "the same with 0.9"),
        GlossaryEntry(
            "empty-target accuracy", keys: ["empty_target_accuracy"], unit: share,
            "share of questions without a target to which the answer points at nothing"),
    ]

    /// The terms of the library; what each pays stands in rewards.md.
    private static let rewardTerms = [
        GlossaryEntry(
            "mask Dice", keys: ["mask_dice"], unit: share,
            "overlap of mask and truth: twice the intersection over the sum of both areas"),
        GlossaryEntry(
            "boundary IoU", keys: ["boundary_iou"], unit: share,
            "IoU of the bands along the edges of mask and truth"),
        GlossaryEntry(
            "IoU above threshold", keys: ["iou_threshold"], unit: share,
            "1 for a mask IoU of at least `threshold`, else 0; softer with `softness`"),
        GlossaryEntry(
            "box IoU", keys: ["box_iou"], unit: share,
            "the answer's boxes and those around the truth's parts, matched one to one"),
        GlossaryEntry(
            "points in the mask", keys: ["point_in_mask"], unit: share,
            "share of the answer's points that are on the right side of the truth's edge"),
        GlossaryEntry(
            "number of objects", keys: ["instance_count"], unit: share,
            "1 where the answer has as many objects as the truth has parts, less with each that differs"
        ),
        GlossaryEntry(
            "penalty on tokens", keys: ["length_penalty"], unit: "reward",
            "what an answer loses for tokens above `target`"),
        GlossaryEntry(
            "penalty near the longest answer", keys: ["overlong_penalty"], unit: "reward",
            "what an answer loses for coming near the most tokens that it may have"),
        GlossaryEntry(
            "penalty on the boxes' area", keys: ["prompt_area_penalty"], unit: "reward",
            "what an answer loses for the share of the picture that its boxes cover"),
    ]

    /// What each step says.
    private static let training = [
        GlossaryEntry(
            "reward", keys: ["reward"], unit: "reward",
            "weighted sum of all reward terms, mean over a step's answers"),
        GlossaryEntry(
            "answers without a reward", keys: ["completions/without_reward"], unit: "answers",
            "answers that no term judges, or that one failed on"),
        GlossaryEntry(
            "answers cut", keys: ["completions/clipped_ratio"], unit: share,
            "share of answers that ended at the most tokens that they may have"),
        GlossaryEntry(
            "groups that teach nothing", keys: ["frac_reward_zero_std"], unit: share,
            "share of answers whose whole group earned the same"),
        GlossaryEntry(
            "KL", keys: ["kl"], unit: "nats per token",
            "distance to the policy before training"),
        GlossaryEntry(
            "entropy", keys: ["entropy"], unit: "nats per token",
            "how much of a token is left to chance"),
        GlossaryEntry(
            "loss", keys: ["loss"],
            "what the optimizer makes smaller: mean over a step, or over held-out samples"),
        GlossaryEntry(
            "token accuracy", keys: ["mean_token_accuracy"], unit: share,
            "share of an answer's tokens that the policy would have written, in supervised training"
        ),
        GlossaryEntry(
            "clip ratio", keys: ["clip_ratio/region_mean"], unit: share,
            "share of tokens whose probability ratio was clipped"),
        GlossaryEntry(
            "gradient norm", keys: ["grad_norm"], unit: "",
            "length of the gradient before it is clipped"),
        GlossaryEntry(
            "learning rate", keys: ["learning_rate"], unit: "", "the optimizer's, in this step"),
        GlossaryEntry(
            "seconds per step", keys: ["step_time"], unit: "seconds",
            "wall-clock time of a step; `s/step` in the log"),
    ]

    /// Words without a number.
    private static let words = [
        GlossaryEntry(
            "policy", keys: ["policy"],
            "the vision-language model that is trained; *model* is any network, the segmenter as well"
        ),
        GlossaryEntry(
            "segmenter", keys: ["segmenter"],
            "the frozen SAM2.1 that makes masks of prompts"),
        GlossaryEntry(
            "question", keys: ["question"],
            "what is asked about a picture; a sample is a picture with its questions and its truth"),
        GlossaryEntry(
            "explicit", keys: ["explicit", "named_questions"],
            "of a question: it names the class that it asks for",
            retired: ["named question", "question by name", "questions by name", "named questions"]),
        GlossaryEntry(
            "implicit", keys: ["implicitA", "implicitB"],
            "of a question: it names a use, so that the class has to be found by reasoning"),
        GlossaryEntry(
            "without a target", keys: ["empty_target"],
            "of a question: what it asks for is not in the picture, and the truth is empty"),
        GlossaryEntry(
            "answer", keys: ["completion"],
            "all that the policy writes to a question: a thought, then the prompt for the segmenter. "
                + "*Completion* is the same as a text that is sampled, scored or stored"),
        GlossaryEntry(
            "thought", keys: ["think"],
            "the part of an answer between its `<think>` tags"),
        GlossaryEntry(
            "prompt", keys: ["prompts"],
            "boxes and points for the segmenter; the *policy's prompt* is picture and question as it "
                + "reads them"),
        GlossaryEntry(
            "object", keys: ["instances"],
            "one thing that an answer points at with a box and points, or that a shard knows by its mask"
        ),
        GlossaryEntry(
            "group", keys: ["num_generations"],
            "the answers to one question in one step, whose rewards are compared"),
        GlossaryEntry(
            "step", keys: ["step", "training.max_steps"],
            "one update of the policy by the optimizer, and all that leads to it"),
        GlossaryEntry(
            "advantage", keys: ["advantage"],
            "by how much an answer's reward is above the mean of its group, usually over the group's "
                + "standard deviation: above 0 makes the answer more likely, below 0 less"),
        GlossaryEntry(
            "rollout", keys: ["rollouts"],
            "an answer that was drawn in training, with its reward and advantage, as "
                + "`rollouts/step-N.jsonl` keeps it"),
        GlossaryEntry(
            "abstention", keys: ["abstained"],
            "of a reward term: that it says nothing of an answer, so that the others alone count; of an "
                + "answer to a question without a target: that it points at nothing"),
        GlossaryEntry(
            "pass",
            "one time through all samples; counted from 1 where people read it"),
        GlossaryEntry(
            "epoch", keys: ["epoch"],
            "passes over the samples: in `metrics.jsonl` how many so far, with parts; in `rollouts/` the "
                + "pass, counted from 0"),
        GlossaryEntry(
            "checkpoint", keys: ["checkpoints", "logging.save_steps"],
            "all that a run needs to go on after a step: the policy, the optimizer's state and the place "
                + "in the data"),
        GlossaryEntry(
            "best", keys: ["checkpoints/best"],
            "of checkpoints: the one whose evaluation on held-out samples found most by "
                + "`evaluation.metric_for_best_model`; one that found nothing is not called so"),
        GlossaryEntry(
            "held-out", keys: ["data.validation"],
            "of samples: never trained on"),
        GlossaryEntry(
            "run", keys: ["output_dir"],
            "one training from its first step to its last, however often it was interrupted, and its "
                + "folder"),
    ]
}
