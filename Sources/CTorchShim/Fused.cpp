// Two small layers that libtorch makes of many operations, each with a pass through memory, as one pass
// with a gradient of its own: for float32 on the CPU.
#include "Boundary.hpp"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace cts;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

namespace {
bool isPlain(const at::Tensor &x) {
    return x.is_cpu() && x.scalar_type() == c10::ScalarType::Float;
}

/// Rows that a thread does at least.
int64_t grain(int64_t width) { return std::max<int64_t>(1, 32768 / std::max<int64_t>(1, width)); }

// Partial sums that stand side by side, so that the compiler can add several at a time.
constexpr int64_t kLanes = 16;

float sumOfProducts(const float *a, const float *b, int64_t count) {
    float lanes[kLanes] = {};
    int64_t index = 0;
    for (; index + kLanes <= count; index += kLanes) {
        for (int64_t lane = 0; lane < kLanes; ++lane) {
            lanes[lane] += a[index + lane] * b[index + lane];
        }
    }
    float sum = 0;
    for (; index < count; ++index) {
        sum += a[index] * b[index];
    }
    for (const float lane : lanes) {
        sum += lane;
    }
    return sum;
}

/// x [.., C] / rms(x) · weight; `scales` [rows] becomes 1 / rms.
at::Tensor rmsNorm(const at::Tensor &x, const at::Tensor &weight, double epsilon,
                   at::Tensor &scales) {
    const int64_t width = x.size(-1), rows = x.numel() / std::max<int64_t>(1, width);
    auto result = at::empty_like(x, at::MemoryFormat::Contiguous);
    scales = at::empty({rows}, x.options());
    const float *source = x.const_data_ptr<float>(), *factors = weight.const_data_ptr<float>();
    float *target = result.mutable_data_ptr<float>(), *scale = scales.mutable_data_ptr<float>();
    at::parallel_for(0, rows, grain(width), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            const float *from = source + row * width;
            float *to = target + row * width;
            const float mean = sumOfProducts(from, from, width) / static_cast<float>(width);
            const float factor = 1 / std::sqrt(mean + static_cast<float>(epsilon));
            scale[row] = factor;
            for (int64_t index = 0; index < width; ++index) {
                to[index] = from[index] * factor * factors[index];
            }
        }
    });
    return result;
}

struct RMSNorm : torch::autograd::Function<RMSNorm> {
    static Variable forward(AutogradContext *context, const Variable &x, const Variable &weight,
                            double epsilon) {
        at::Tensor scales;
        auto result = rmsNorm(x, weight, epsilon, scales);
        context->save_for_backward({x, weight, scales});
        return result;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1], &scales = saved[2];
        const auto gradient = gradients[0].contiguous();
        const int64_t width = x.size(-1), rows = scales.numel();
        auto toX = at::empty_like(x, at::MemoryFormat::Contiguous);
        // A row of sums per thread, added up in the threads' order.
        const int64_t threads = at::get_num_threads();
        auto sums = at::zeros({threads, width}, x.options());
        const float *source = x.const_data_ptr<float>(), *slope = gradient.const_data_ptr<float>();
        const float *factors = weight.const_data_ptr<float>();
        const float *scale = scales.const_data_ptr<float>();
        float *target = toX.mutable_data_ptr<float>(), *total = sums.mutable_data_ptr<float>();
        const int64_t share = (rows + threads - 1) / std::max<int64_t>(1, threads);
        at::parallel_for(0, threads, 1, [&](int64_t first, int64_t last) {
            std::vector<float> weighted(static_cast<size_t>(width));
            for (int64_t thread = first; thread < last; ++thread) {
                float *own = total + thread * width;
                const int64_t end = std::min(rows, (thread + 1) * share);
                for (int64_t row = thread * share; row < end; ++row) {
                    const float *from = source + row * width, *change = slope + row * width;
                    float *to = target + row * width;
                    const float factor = scale[row];
                    for (int64_t index = 0; index < width; ++index) {
                        weighted[static_cast<size_t>(index)] = change[index] * factors[index];
                        own[index] += change[index] * from[index] * factor;
                    }
                    const float mean = sumOfProducts(weighted.data(), from, width) /
                                       static_cast<float>(width);
                    const float back = mean * factor * factor * factor;
                    for (int64_t index = 0; index < width; ++index) {
                        to[index] = weighted[static_cast<size_t>(index)] * factor - from[index] * back;
                    }
                }
            }
        });
        return {toX, sums.sum(0), at::Tensor()};
    }
};

/// x [N, heads, D] turned by angles whose cosines and sines are [N or 1, 1, D], the same in both halves
/// of D; `sign` -1 turns back.
at::Tensor turned(const at::Tensor &x, const at::Tensor &cosines, const at::Tensor &sines,
                  float sign) {
    const int64_t count = x.size(0), heads = x.size(1), width = x.size(2), half = width / 2;
    auto result = at::empty({count, heads, width}, x.options());
    const bool shares = cosines.size(0) == 1;
    const float *source = x.const_data_ptr<float>(), *cosine = cosines.const_data_ptr<float>();
    const float *sine = sines.const_data_ptr<float>();
    const int64_t stride = x.stride(0), headStride = x.stride(1);
    float *target = result.mutable_data_ptr<float>();
    at::parallel_for(0, count, grain(heads * width), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            const float *c = cosine + (shares ? 0 : row * width);
            const float *s = sine + (shares ? 0 : row * width);
            for (int64_t head = 0; head < heads; ++head) {
                const float *from = source + row * stride + head * headStride;
                float *to = target + (row * heads + head) * width;
                for (int64_t index = 0; index < half; ++index) {
                    const float low = from[index], high = from[index + half];
                    const float turn = sign * s[index];
                    to[index] = low * c[index] - high * turn;
                    to[index + half] = high * c[index] + low * turn;
                }
            }
        }
    });
    return result;
}

at::Tensor rowsApart(const at::Tensor &x) { return x.stride(2) == 1 ? x : x.contiguous(); }

struct Rotation : torch::autograd::Function<Rotation> {
    static Variable forward(AutogradContext *context, const Variable &x, const Variable &cosines,
                            const Variable &sines) {
        context->save_for_backward({cosines, sines});
        return turned(rowsApart(x), cosines, sines, 1);
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        return {turned(rowsApart(gradients[0]), saved[0], saved[1], -1), at::Tensor(), at::Tensor()};
    }
};
} // namespace

CTSStatus cts_rms_norm(const CTSTensor *x, const CTSTensor *weight, double epsilon,
                       CTSTensor **out) {
    return produce(out, [&] {
        const auto &input = in(x), &factors = in(weight);
        if (input.dim() < 1 || factors.dim() != 1 || input.size(-1) != factors.size(0)) {
            throw std::invalid_argument("a norm's weight must be as long as the last dimension");
        }
        if (isPlain(input) && isPlain(factors)) {
            const auto rows = input.contiguous(), plain = factors.contiguous();
            if (c10::GradMode::is_enabled() && (rows.requires_grad() || plain.requires_grad())) {
                return RMSNorm::apply(rows, plain, epsilon);
            }
            at::Tensor scales;
            return rmsNorm(rows, plain, epsilon, scales);
        }
        const auto wide = input.to(c10::ScalarType::Float);
        const auto scale = (wide.square().mean({-1}, true) + epsilon).rsqrt();
        return (wide * scale).to(input.scalar_type()) * factors;
    });
}

CTSStatus cts_rotate_halves(const CTSTensor *x, const CTSTensor *cosines, const CTSTensor *sines,
                            CTSTensor **out) {
    return produce(out, [&] {
        const auto &input = in(x), &cosine = in(cosines), &sine = in(sines);
        if (input.dim() != 3 || input.size(2) % 2 != 0 || cosine.sizes() != sine.sizes() ||
            cosine.dim() != 3 || cosine.size(1) != 1 || cosine.size(2) != input.size(2) ||
            (cosine.size(0) != 1 && cosine.size(0) != input.size(0))) {
            throw std::invalid_argument("angles must be [N or 1, 1, D] for [N, heads, D], D even");
        }
        if (isPlain(input) && isPlain(cosine) && isPlain(sine)) {
            return c10::GradMode::is_enabled() && input.requires_grad()
                       ? Rotation::apply(input, cosine.contiguous(), sine.contiguous())
                       : turned(rowsApart(input), cosine.contiguous(), sine.contiguous(), 1);
        }
        const int64_t half = input.size(2) / 2;
        const auto swapped =
            at::cat({input.narrow(2, half, half).neg(), input.narrow(2, 0, half)}, 2);
        return input * cosine + swapped * sine;
    });
}
