// Gradients, in-place updates, the optimizer's kernel, randomness and threads.
#include "Boundary.hpp"

#include <ATen/Context.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/ops/_fused_adamw.h>
#include <c10/core/GradMode.h>

#include <mutex>

using namespace cts;

CTSStatus cts_copy_into(CTSTensor *target, const CTSTensor *source) {
    return guard([&] { deref(target).value.copy_(in(source)); });
}

CTSStatus cts_fill(CTSTensor *target, CTSScalar value) {
    return guard([&] { deref(target).value.fill_(scalar(value)); });
}

CTSStatus cts_add_scaled_into(CTSTensor *target, const CTSTensor *source, CTSScalar scale) {
    return guard([&] { deref(target).value.add_(in(source), scalar(scale)); });
}

CTSStatus cts_scale_in_place(CTSTensor *target, CTSScalar factor) {
    return guard([&] { deref(target).value.mul_(scalar(factor)); });
}

bool cts_grad_enabled(void) { return c10::GradMode::is_enabled(); }
void cts_set_grad_enabled(bool enabled) { c10::GradMode::set_enabled(enabled); }

CTSStatus cts_requires_grad(const CTSTensor *tensor, bool *out) {
    return guard([&] { deref(out) = in(tensor).requires_grad(); });
}

CTSStatus cts_set_requires_grad(CTSTensor *tensor, bool requires_grad) {
    return guard([&] { deref(tensor).value.set_requires_grad(requires_grad); });
}

CTSStatus cts_detach(const CTSTensor *tensor, CTSTensor **out) {
    return produce(out, [&] { return in(tensor).detach(); });
}

CTSStatus cts_grad(const CTSTensor *tensor, CTSTensor **out) {
    return guard([&] {
        const auto &grad = in(tensor).grad();
        deref(out) = grad.defined() ? new CTSTensor{grad} : nullptr;
    });
}

CTSStatus cts_set_grad(CTSTensor *tensor, const CTSTensor *grad) {
    return guard([&] {
        deref(tensor).value.mutable_grad() = grad == nullptr ? at::Tensor() : grad->value;
    });
}

CTSStatus cts_backward(const CTSTensor *tensor, const CTSTensor *gradient) {
    return guard([&] {
        in(tensor).backward(gradient == nullptr ? at::Tensor() : gradient->value);
    });
}

CTSStatus cts_fused_adamw(CTSTensor *const *parameters, const CTSTensor *const *gradients,
                          CTSTensor *const *exp_avg, CTSTensor *const *exp_avg_sq,
                          CTSTensor *const *steps, int64_t count, CTSAdamW options) {
    return guard([&] {
        const c10::AutoGradMode noGradients(false);
        auto self = tensors(parameters, count), grads = tensors(gradients, count);
        auto first = tensors(exp_avg, count), second = tensors(exp_avg_sq, count);
        auto step = tensors(steps, count);
        for (auto &counter : step) {
            counter.add_(1);
        }
        at::_fused_adamw_(self, grads, first, second, {}, step, options.learning_rate,
                          options.beta1, options.beta2, options.weight_decay, options.epsilon,
                          /*amsgrad=*/false, /*maximize=*/false);
        // The kernel does not count its change, which copies of parameters are told by.
        for (auto &parameter : self) {
            parameter.unsafeGetTensorImpl()->bump_version();
        }
    });
}

CTSStatus cts_generator_new(CTSDevice where, uint64_t seed, CTSGenerator **out) {
    return guard([&] {
        deref(out);
        const auto target = device(where);
        auto generator = target.is_cpu()
                             ? at::detail::createCPUGenerator(seed)
                             : at::globalContext().defaultGenerator(target).clone();
        generator.set_current_seed(seed);
        *out = new CTSGenerator{std::move(generator)};
    });
}

void cts_generator_free(CTSGenerator *generator) { delete generator; }

CTSStatus cts_generator_state(const CTSGenerator *generator, CTSTensor **out) {
    return produce(out, [&] {
        auto value = deref(generator).value;
        const std::lock_guard<std::mutex> lock(value.mutex());
        return value.get_state();
    });
}

CTSStatus cts_generator_set_state(CTSGenerator *generator, const CTSTensor *state) {
    return guard([&] {
        auto &value = deref(generator).value;
        const std::lock_guard<std::mutex> lock(value.mutex());
        value.set_state(in(state));
    });
}

int32_t cts_thread_count(void) { return at::get_num_threads(); }

CTSStatus cts_set_thread_count(int32_t count) {
    return guard([&] {
        if (count < 1) {
            throw std::invalid_argument("at least one thread is needed");
        }
        // A thread's first operation would otherwise take the count that another thread set last.
        (void)at::get_num_threads();
        at::set_num_threads(count);
    });
}

int32_t cts_cuda_device_count(void) {
    return at::hasCUDA() ? static_cast<int32_t>(at::detail::getCUDAHooks().deviceCount()) : 0;
}
