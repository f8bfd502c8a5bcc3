// Two small layers that libtorch makes of many operations, each with a pass through memory, as one pass
// with a gradient of its own: for float32 and bfloat16 on the CPU. Whatever the type, the arithmetic is
// float32's; bfloat16 is rounded where the separate operations would round it.
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
    return x.is_cpu() && (x.scalar_type() == c10::ScalarType::Float ||
                          x.scalar_type() == c10::ScalarType::BFloat16);
}

bool arePlain(const at::Tensor &a, const at::Tensor &b) {
    return isPlain(a) && isPlain(b) && a.scalar_type() == b.scalar_type();
}

/// Runs `body` with a value of the element type.
template <typename Body> void withType(const at::Tensor &x, Body &&body) {
    if (x.scalar_type() == c10::ScalarType::BFloat16) {
        body(at::BFloat16());
    } else {
        body(float());
    }
}

/// A number as a tensor of this type would hold it.
template <typename Number> float rounded(float value) { return static_cast<Number>(value); }

/// Rows that a thread does at least.
int64_t grain(int64_t width) { return std::max<int64_t>(1, 32768 / std::max<int64_t>(1, width)); }

// Partial sums that stand side by side, so that the compiler can add several at a time.
constexpr int64_t kLanes = 16;

template <typename Number>
float sumOfProducts(const float *a, const Number *b, int64_t count) {
    float lanes[kLanes] = {};
    int64_t index = 0;
    for (; index + kLanes <= count; index += kLanes) {
        for (int64_t lane = 0; lane < kLanes; ++lane) {
            lanes[lane] += a[index + lane] * static_cast<float>(b[index + lane]);
        }
    }
    float sum = 0;
    for (; index < count; ++index) {
        sum += a[index] * static_cast<float>(b[index]);
    }
    for (const float lane : lanes) {
        sum += lane;
    }
    return sum;
}

template <typename Number>
void normRows(const at::Tensor &x, const at::Tensor &weight, double epsilon, at::Tensor &result,
              at::Tensor &scales) {
    const int64_t width = x.size(-1), rows = scales.numel();
    const auto *source = elements<Number>(x), *factors = elements<Number>(weight);
    auto *target = mutableElements<Number>(result);
    float *scale = mutableElements<float>(scales);
    at::parallel_for(0, rows, grain(width), [&](int64_t begin, int64_t end) {
        std::vector<float> wide(static_cast<size_t>(width));
        for (int64_t row = begin; row < end; ++row) {
            Number *to = target + row * width;
            for (int64_t index = 0; index < width; ++index) {
                wide[static_cast<size_t>(index)] = source[row * width + index];
            }
            const float *from = wide.data();
            const float mean = sumOfProducts(from, from, width) / static_cast<float>(width);
            const float factor = 1 / std::sqrt(mean + static_cast<float>(epsilon));
            scale[row] = factor;
            for (int64_t index = 0; index < width; ++index) {
                to[index] = rounded<Number>(from[index] * factor) * static_cast<float>(factors[index]);
            }
        }
    });
}

/// x [.., C] / rms(x) · weight; `scales` [rows] becomes 1 / rms, float32.
at::Tensor rmsNorm(const at::Tensor &x, const at::Tensor &weight, double epsilon,
                   at::Tensor &scales) {
    const int64_t rows = x.numel() / std::max<int64_t>(1, x.size(-1));
    auto result = at::empty_like(x, at::MemoryFormat::Contiguous);
    scales = at::empty({rows}, x.options().dtype(c10::ScalarType::Float));
    withType(x, [&](auto number) {
        normRows<decltype(number)>(x, weight, epsilon, result, scales);
    });
    return result;
}

/// The gradients of a norm: `toX` as x, `sums` [threads, C] of the weight's, float32.
template <typename Number>
void normSlopes(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &scales,
                const at::Tensor &gradient, at::Tensor &toX, at::Tensor &sums) {
    const int64_t width = x.size(-1), rows = scales.numel(), threads = sums.size(0);
    const auto *source = elements<Number>(x), *slope = elements<Number>(gradient);
    const auto *factors = elements<Number>(weight);
    const float *scale = elements<float>(scales);
    auto *target = mutableElements<Number>(toX);
    float *total = mutableElements<float>(sums);
    const int64_t share = (rows + threads - 1) / std::max<int64_t>(1, threads);
    at::parallel_for(0, threads, 1, [&](int64_t first, int64_t last) {
        std::vector<float> weighted(static_cast<size_t>(width));
        for (int64_t thread = first; thread < last; ++thread) {
            float *own = total + thread * width;
            const int64_t end = std::min(rows, (thread + 1) * share);
            for (int64_t row = thread * share; row < end; ++row) {
                const Number *from = source + row * width, *change = slope + row * width;
                Number *to = target + row * width;
                const float factor = scale[row];
                for (int64_t index = 0; index < width; ++index) {
                    const float value = change[index], input = from[index];
                    weighted[static_cast<size_t>(index)] = value * static_cast<float>(factors[index]);
                    own[index] += value * rounded<Number>(input * factor);
                }
                const float mean =
                    sumOfProducts(weighted.data(), from, width) / static_cast<float>(width);
                const float back = mean * factor * factor * factor;
                for (int64_t index = 0; index < width; ++index) {
                    to[index] = weighted[static_cast<size_t>(index)] * factor -
                                static_cast<float>(from[index]) * back;
                }
            }
        }
    });
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
        auto toX = at::empty_like(x, at::MemoryFormat::Contiguous);
        // A row of sums per thread, added up in the threads' order.
        auto sums = at::zeros({at::get_num_threads(), x.size(-1)}, scales.options());
        withType(x, [&](auto number) {
            normSlopes<decltype(number)>(x, weight, scales, gradient, toX, sums);
        });
        return {toX, sums.sum(0).to(weight.scalar_type()), at::Tensor()};
    }
};

template <typename Number>
void turnRows(const at::Tensor &x, const at::Tensor &cosines, const at::Tensor &sines, float sign,
              at::Tensor &result) {
    const int64_t count = x.size(0), heads = x.size(1), width = x.size(2), half = width / 2;
    const bool shares = cosines.size(0) == 1;
    const auto *source = elements<Number>(x), *cosine = elements<Number>(cosines);
    const auto *sine = elements<Number>(sines);
    const int64_t stride = x.stride(0), headStride = x.stride(1);
    auto *target = mutableElements<Number>(result);
    const auto product = [](float a, float b) { return rounded<Number>(a * b); };
    at::parallel_for(0, count, grain(heads * width), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            const Number *c = cosine + (shares ? 0 : row * width);
            const Number *s = sine + (shares ? 0 : row * width);
            for (int64_t head = 0; head < heads; ++head) {
                const Number *from = source + row * stride + head * headStride;
                Number *to = target + (row * heads + head) * width;
                for (int64_t index = 0; index < half; ++index) {
                    const float low = from[index], high = from[index + half];
                    const float side = c[index], turn = sign * static_cast<float>(s[index]);
                    to[index] = product(low, side) - product(high, turn);
                    to[index + half] = product(high, side) + product(low, turn);
                }
            }
        }
    });
}

/// x [N, heads, D] turned by angles whose cosines and sines are [N or 1, 1, D], the same in both halves
/// of D; `sign` -1 turns back.
at::Tensor turned(const at::Tensor &x, const at::Tensor &cosines, const at::Tensor &sines,
                  float sign) {
    auto result = at::empty(x.sizes(), x.options());
    withType(x, [&](auto number) {
        turnRows<decltype(number)>(x, cosines, sines, sign, result);
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
        if (arePlain(input, factors)) {
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
        if (arePlain(input, cosine) && arePlain(input, sine)) {
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
