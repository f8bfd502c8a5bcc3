// Reference: sam2, modeling/sam2_base.py (the names of the parameters)
import PromptedMasks

extension OfficialNames {
    /// The names of SAM2's official checkpoints.
    static let sam2 = OfficialNames(
        unusedPrefixes: [
            "memory_", "mask_downsample.", "obj_ptr_", "maskmem_tpos_enc", "no_mem_pos_enc",
            "no_obj_",
        ], encoder: encoder)

    private static let encoder = [
        ("no_mem_embed", "no_memory_embedding"),
        ("image_encoder.trunk.pos_embed", "vision_encoder.backbone.pos_embed"),
        ("image_encoder.trunk.pos_embed_window", "vision_encoder.backbone.pos_embed_window"),
        (
            "image_encoder.trunk.patch_embed.proj.*",
            "vision_encoder.backbone.patch_embed.projection.*"
        ),
        ("image_encoder.trunk.blocks.*.norm1.*", "vision_encoder.backbone.blocks.*.layer_norm1.*"),
        ("image_encoder.trunk.blocks.*.norm2.*", "vision_encoder.backbone.blocks.*.layer_norm2.*"),
        ("image_encoder.trunk.blocks.*.attn.**", "vision_encoder.backbone.blocks.*.attn.**"),
        ("image_encoder.trunk.blocks.*.mlp.**", "vision_encoder.backbone.blocks.*.mlp.**"),
        ("image_encoder.trunk.blocks.*.proj.*", "vision_encoder.backbone.blocks.*.proj.*"),
        ("image_encoder.neck.convs.*.conv.*", "vision_encoder.neck.convs.*.*"),
    ]
}
