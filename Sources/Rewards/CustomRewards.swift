/// Terms of your own: write a type that conforms to ``Reward`` in this file, and name it here.
///
/// `Documentation/rewards.md` has a whole example. `think2seg config schema` lists the term then.
let customRewards: [any Reward.Type] = []
