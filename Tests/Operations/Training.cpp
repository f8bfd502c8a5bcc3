// Gradients, the optimiser, randomness, the process.
#include "Recorder.hpp"

namespace operations {
namespace {

Tensor learned(std::vector<int64_t> sizes, int seed, double scale = 1) {
    Tensor tensor = data(std::move(sizes), seed, scale);
    require(cts_set_requires_grad(tensor, true), "cts_set_requires_grad");
    return tensor;
}

Tensor gradient(const Tensor &tensor) {
    return made("cts_grad", [&](CTSTensor **out) { return cts_grad(tensor, out); });
}

/// A small network of the operations that have gradients of our own.
void gradients(Recorder &record) {
    cts_set_grad_enabled(true);
    const Tensor x = learned({6, 8}, 61), scale = learned({8}, 62), head = learned({11, 8}, 63);
    const Tensor weight = learned({8, 8}, 64, 0.5);
    const Tensor normal = made("cts_rms_norm", [&](CTSTensor **out) {
        return cts_rms_norm(x, scale, 1e-6, out);
    });
    const Tensor hidden = made("cts_linear", [&](CTSTensor **out) {
        return cts_linear(normal, weight, nullptr, out);
    });
    const Tensor targets = integers({6}, {0, 10, 3, 3, 7, 1}), none = integers({1}, {5});
    CTSTensor *scores = nullptr, *entropies = nullptr;
    require(cts_token_log_probabilities(hidden, head, targets, none, 0.9, 4, 1 << 20, &scores, &entropies),
            "cts_token_log_probabilities");
    const Tensor ownedScores(scores), ownedEntropies(entropies);
    record.add("token_log_probabilities", scores);
    record.add("entropies", entropies);
    const Tensor upstream = data({6}, 65);
    require(cts_backward(ownedScores, upstream), "cts_backward");
    record.add("gradient.x", gradient(x));
    record.add("gradient.scale", gradient(scale));
    record.add("gradient.weight", gradient(weight));
    record.add("gradient.head", gradient(head));
    bool inherits = false, detached = true;
    require(cts_requires_grad(hidden, &inherits), "cts_requires_grad");
    const Tensor loose = made("cts_detach", [&](CTSTensor **out) { return cts_detach(hidden, out); });
    require(cts_requires_grad(loose, &detached), "cts_requires_grad");
    record.add("requires_grad", {double(inherits), double(detached), double(cts_grad_enabled())});
    require(cts_set_grad(x, x), "cts_set_grad");
    record.add("set_grad", gradient(x), 0);
}

/// A part that is run twice: x squared, of which only x is kept.
void *square(void *, const CTSTensor *input, CTSTensor **output) {
    require(cts_binary(CTS_MUL, input, input, output), "cts_binary");
    return nullptr;
}

void *failure(void *, const CTSTensor *, CTSTensor **) {
    static int error = 0;
    return &error;
}

/// A layer with a low-rank branch, and a part whose inner results are made again.
void branches(Recorder &record) {
    cts_set_grad_enabled(true);
    const Tensor x = learned({2, 3, 8}, 81), weight = data({7, 8}, 82), bias = data({7}, 83);
    const Tensor a = learned({4, 8}, 84), b = learned({7, 4}, 85), branch = learned({2, 3, 8}, 86);
    const Tensor low = made("cts_detach", [&](CTSTensor **out) { return cts_detach(a, out); });
    const Tensor high = made("cts_detach", [&](CTSTensor **out) { return cts_detach(b, out); });
    const Tensor y = made("cts_adapted_linear", [&](CTSTensor **out) {
        return cts_adapted_linear(x, branch, weight, bias, a, b, low, high, 0.5, out);
    });
    record.add("adapted_linear", y);
    const Tensor again = made("cts_checkpointed", [&](CTSTensor **out) {
        return cts_checkpointed(y, {square, [](void *) {}}, nullptr, out);
    });
    record.add("checkpointed", again);
    require(cts_backward(again, data({2, 3, 7}, 87)), "cts_backward");
    record.add("adapted_linear.gradient.x", gradient(x));
    record.add("adapted_linear.gradient.branch", gradient(branch));
    record.add("adapted_linear.gradient.a", gradient(a));
    record.add("adapted_linear.gradient.b", gradient(b));
    CTSTensor *none = nullptr;
    const bool fails =
        cts_checkpointed(y, {failure, [](void *) {}}, nullptr, &none) == CTS_ERR_CALLER;
    const bool isKept = cts_caller_error() != nullptr;
    cts_forget_caller_error();
    record.add("caller_error", {double(fails), double(isKept), double(cts_caller_error() == nullptr)});
    cts_set_grad_enabled(false);
    const Tensor plain = made("cts_linear", [&](CTSTensor **out) {
        return cts_linear(x, weight, bias, out);
    });
    record("add_low_rank", [&](CTSTensor **out) {
        return cts_add_low_rank(plain, x, low, high, 0.5, out);
    });
}

void optimiser(Recorder &record) {
    cts_set_grad_enabled(false);
    const Tensor parameter = data({9}, 71), slope = data({9}, 72);
    const Tensor mean = data({9}, 73, 0.1), square = data({9}, 74, 0.01, 0.02);
    const Tensor step = made("cts_full", [](CTSTensor **out) {
        return cts_full(Sizes{{}}, real(3), CTS_FLOAT32, cpu(), out);
    });
    CTSTensor *parameters[] = {parameter}, *means[] = {mean}, *squares[] = {square}, *steps[] = {step};
    const CTSTensor *slopes[] = {slope};
    require(cts_fused_adamw(parameters, slopes, means, squares, steps, 1, {1e-2, 0.9, 0.99, 0.1, 1e-8}),
            "cts_fused_adamw");
    record.add("fused_adamw.parameter", parameter);
    record.add("fused_adamw.mean", mean);
    record.add("fused_adamw.square", square);
    record.add("fused_adamw.step", step, 0);
    const Tensor large = data({70000}, 75);
    const CTSTensor *both[] = {large, slope};
    std::vector<double> sums(3);
    require(cts_square_sums(both, 2, sums.data()), "cts_square_sums");
    record.add("square_sums", sums, 1e-9);
}

void randomness(Recorder &record) {
    CTSGenerator *generator = nullptr;
    require(cts_generator_new(cpu(), 20251, &generator), "cts_generator_new");
    const Tensor state = made("cts_generator_state", [&](CTSTensor **out) {
        return cts_generator_state(generator, out);
    });
    const auto normal = [&](CTSTensor **out) {
        return cts_random_normal(Sizes{{20}}, CTS_FLOAT32, generator, out);
    };
    record("random_normal", normal);
    record("random_uniform", [&](CTSTensor **out) {
        return cts_random_uniform(Sizes{{9}}, CTS_FLOAT32, generator, out);
    });
    require(cts_generator_set_state(generator, state), "cts_generator_set_state");
    record("generator_set_state", normal);
    // States are kept in checkpoints.
    record.add("generator_state", numbers(state));
    cts_generator_free(generator);
}

void process(Recorder &record) {
    const int32_t threads = cts_thread_count();
    require(cts_set_thread_count(1), "cts_set_thread_count");
    record.add("thread_count", {double(cts_thread_count())});
    require(cts_set_thread_count(threads), "cts_set_thread_count");
    record.add("cuda_device_count", {double(cts_cuda_device_count() >= 0)});
    CTSTensor *none = nullptr;
    const bool refused = cts_matmul(nullptr, nullptr, &none) == CTS_ERR_INVALID_ARGUMENT;
    int64_t major = 0, minor = 0, patch = 0;
    cts_loaded_libtorch_version(&major, &minor, &patch);
    const bool said = *cts_last_error_message() != 0 && *cts_libtorch_version() != 0 && major > 0;
    record.add("refusal", {double(refused), double(said)});
}

} // namespace

void training(Recorder &record) {
    const bool enabled = cts_grad_enabled();
    gradients(record);
    branches(record);
    optimiser(record);
    cts_set_grad_enabled(enabled);
    randomness(record);
    process(record);
}

} // namespace operations
