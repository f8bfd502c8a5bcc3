/// A value that is not the default's for each key of an adapter, by the whole key.
package let adapterKeyValues = [
    "policy.adapter.r": "4", "policy.adapter.lora_alpha": "32",
    "policy.adapter.target_modules": "[q_proj, v_proj]",
    "policy.adapter.exclude_modules": ".*visual.*",
    "policy.adapter.layers_to_transform": "[1]",
    "policy.adapter.layers_pattern": "[layers]",
    "policy.adapter.rank_pattern": "{q_proj: 2}",
    "policy.adapter.alpha_pattern": "{\"layers\\\\.0\": 2}",
    "policy.adapter.use_rslora": "true", "policy.adapter.use_dora": "true",
    "policy.adapter.lora_dropout": "0.1", "policy.adapter.bias": "all",
    "policy.adapter.modules_to_save": "[merger]",
    "policy.adapter.init_lora_weights": "gaussian", "policy.adapter.path": "y",
    "policy.adapter.start": "continue", "policy.adapter.reference": "base",
]

/// What keys of an adapter need besides themselves: overrides.
package func adapterKeyNeeds(_ name: String) -> [String] {
    let targets = "policy.adapter.target_modules=[k_proj]"
    return switch name {
    case "policy.adapter.target_modules": []
    case "policy.adapter.layers_pattern": [targets, "policy.adapter.layers_to_transform=[0]"]
    case "policy.adapter.path": ["policy.adapter.path=x", "policy.adapter.start=continue"]
    case _ where name.hasPrefix("policy.adapter."): [targets]
    default: []
    }
}
