# What the pages' commands may use before they begin: the hidden blocks `<!-- sh … -->` call these. Each
# works in the page's scratch folder, and leaves there what a reader has from elsewhere.

# Shards with drawn scenes under the names that pages use.
draw_shards() { # folder, samples, then options
    local folder=$1 samples=$2
    shift 2
    think2seg data synthesize --output "$folder" --world small --count "$samples" --validation 2 \
        --side 224 --seed 7 "$@" >/dev/null 2>&1
}

# The carried models in place of those of the hub.
carried_as() { # policy's path, segmenter's path
    mkdir -p "$(dirname "$1")" "$(dirname "$2")"
    ln -s "$CHECKOUT/Resources/policy" "$1"
    ln -s "$CHECKOUT/Resources/segmenter" "$2"
}

# A run of a few steps, its shards beside it in shards/.
small_run() { # folder, then overrides
    local folder=$1 word words=()
    shift
    [ -e shards/train.h5 ] || draw_shards shards 8
    for word in "output_dir=$folder" data.train=shards/train.h5 data.validation=shards/val.h5 \
        grpo.num_generations=2 grpo.num_prompts_per_step=1 training.max_steps=2 \
        training.warmup_steps=0 evaluation.eval_steps=1 logging.save_steps=1 "$@"; do
        words+=(--set "$word")
    done
    think2seg train Configs/embedded/grpo.yaml "${words[@]}" --quiet >/dev/null
}

# What Experiments/prepare makes in minutes: few scenes, and the carried models for those that it trains.
prepared_experiments() {
    local root=runs/experiments name
    think2seg data synthesize --output $root/scenes/training --count 2 --questions implicitB >/dev/null 2>&1
    think2seg data synthesize --output $root/scenes/held-out --count 1 --validation 2 --questions implicitB \
        >/dev/null 2>&1
    for name in box_2points box box_2points_2negatives size-168; do
        mkdir -p "$root/policies/$name" && ln -s "$CHECKOUT/Resources/policy" "$root/policies/$name/policy"
    done
    for name in embedded embedded_narrow; do
        mkdir -p "$root/segmenters/$name"
        ln -s "$CHECKOUT/Resources/segmenter" "$root/segmenters/$name/segmenter"
    done
}
