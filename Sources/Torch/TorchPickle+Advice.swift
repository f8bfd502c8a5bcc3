import Pickles

extension TorchPickle {
    /// What to do about a pickle that mentions something else than tensors and containers.
    static func advice(on fault: PickleFault) -> String {
        let known = advices.first { advice in
            advice.names.contains { fault.problem.contains($0) }
        }
        return known?.advice
            ?? "only tensors in dictionaries, lists and tuples are read; if you trust the file, load it "
            + "in Python and save its state_dict with torch.save"
    }

    private static let advices: [(names: [String], advice: String)] = [
        (
            ["torchao."],
            "the weights are quantised with torchao, which is not read; take the checkpoint that they were "
                + "made from, with weights of 16 or 32 bits"
        ),
        (
            ["torch.distributed.tensor", "torch.distributed._tensor", "DTensor"],
            "the file holds a DTensor, which is one rank's part; save what .full_tensor() gives of each, or "
                + "get_model_state_dict with full_state_dict=True"
        ),
        (
            ["optimum.quanto", "hqq.", "bitsandbytes.", "_rebuild_qtensor"],
            "the weights are quantised, which is not read; take the checkpoint that they were made from"
        ),
        (
            ["torch.distributed.", "ShardedTensor"],
            "the file is one rank's part; merge the parts with the trainer that wrote them"
        ),
        (
            ["deepspeed."],
            "the file is a state of DeepSpeed; run zero_to_fp32.py, which DeepSpeed puts beside its "
                + "checkpoints: python zero_to_fp32.py . OUTPUT --safe_serialization"
        ),
    ]
}
