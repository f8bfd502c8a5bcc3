// A frozen linear layer with a low-rank branch, y = x·Wᵀ + bias + s·(x·Aᵀ)·Bᵀ, as one operation with a
// gradient of its own. The branch is added in place, in the layer's type: as separate operations its
// passes through memory cost a third of the layer.
#include "Boundary.hpp"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

using namespace cts;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

namespace {
at::Tensor rows(const at::Tensor &x) { return x.reshape({-1, x.size(-1)}); }

/// y += s·(x·Aᵀ)·Bᵀ, in place where y's rows stand in order; `low` becomes s·(x·Aᵀ), [N, r].
at::Tensor add(const at::Tensor &y, const at::Tensor &x, const at::Tensor &a, const at::Tensor &b,
               double scale, at::Tensor &low) {
    low = cts::linear(rows(x), a, std::nullopt).mul_(scale);
    auto sum = y.contiguous();
    sum.view({-1, b.size(0)}).addmm_(low, b.t());
    return sum;
}

struct AdaptedLinear : torch::autograd::Function<AdaptedLinear> {
    /// `branch` is what the branch sees, if not x. `a` and `b` get gradients; `low` and `high` are their
    /// values in the layer's type.
    static Variable forward(AutogradContext *context, const Variable &x,
                            const std::optional<Variable> &branch, const Variable &weight,
                            const std::optional<Variable> &bias, const Variable &a,
                            const Variable &b, const at::Tensor &low, const at::Tensor &high,
                            double scale) {
        const auto &seen = branch ? *branch : x;
        at::Tensor narrow;
        const auto y = add(cts::linear(x, weight, bias), seen, low, high, scale, narrow);
        // Gradients of the weight are for whoever trains it besides.
        const auto whole = branch && weight.requires_grad() ? x : at::Tensor();
        context->save_for_backward({seen, weight, low, high, narrow, whole});
        auto &data = context->saved_data;
        data["scale"] = scale;
        data["apart"] = branch.has_value();
        data["bias"] = bias.has_value();
        data["inputs"] = x.sizes();
        data["a"] = a.scalar_type();
        data["b"] = b.scalar_type();
        return y;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const c10::AutoGradMode noGradients(false);
        const auto saved = context->get_saved_variables();
        const auto &seen = saved[0], &weight = saved[1], &low = saved[2], &high = saved[3];
        const auto &narrow = saved[4];
        auto &data = context->saved_data;
        const bool isApart = data["apart"].toBool();
        const auto slope = rows(gradients[0].contiguous());  // [N, O]
        const auto inner = slope.mm(high).mul_(data["scale"].toDouble());  // [N, r]
        Variable toX, toSeen, toWeight, toBias, toA, toB;
        if (context->needs_input_grad(0)) {
            toX = cts::linear(slope, weight.t(), std::nullopt);
            if (!isApart) {
                toX.addmm_(inner, low);
            }
            toX = toX.reshape(data["inputs"].toIntVector());
        }
        // Places of gradients are those of the arguments that are tensors there.
        const auto needs = [&](size_t index) { return context->needs_input_grad(index); };
        size_t place = 1;
        if (isApart && needs(place++)) {
            toSeen = inner.mm(low).reshape(seen.sizes());
        }
        if (needs(place++)) {
            toWeight = slope.t().mm(rows(saved[5].defined() ? saved[5] : seen));
        }
        if (data["bias"].toBool() && needs(place++)) {
            toBias = slope.sum(0);
        }
        if (needs(place++)) {
            toA = inner.t().mm(rows(seen)).to(data["a"].toScalarType());
        }
        if (needs(place)) {
            toB = slope.t().mm(narrow).to(data["b"].toScalarType());
        }
        return {toX, toSeen, toWeight, toBias, toA, toB, at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

void requireFit(const at::Tensor &x, const at::Tensor &a, const at::Tensor &b, int64_t outputs) {
    if (x.dim() < 1 || a.dim() != 2 || b.dim() != 2 || a.size(1) != x.size(-1) ||
        b.size(1) != a.size(0) || b.size(0) != outputs) {
        throw std::invalid_argument("a branch needs A [r, I] and B [O, r] for [.., I] to [.., O]");
    }
}
} // namespace

CTSStatus cts_adapted_linear(const CTSTensor *x, const CTSTensor *branch, const CTSTensor *weight,
                             const CTSTensor *bias, const CTSTensor *a, const CTSTensor *b,
                             const CTSTensor *low, const CTSTensor *high, double scale,
                             CTSTensor **out) {
    return produce(out, [&] {
        const auto &input = in(x), &matrix = in(weight);
        const auto seen = optional(branch), added = optional(bias);
        if (matrix.dim() != 2 || in(a).sizes() != in(low).sizes() ||
            in(b).sizes() != in(high).sizes() || (seen && seen->sizes() != input.sizes())) {
            throw std::invalid_argument("copies must be shaped as what they are copies of");
        }
        requireFit(input, in(low), in(high), matrix.size(0));
        return AdaptedLinear::apply(input, seen, matrix, added, in(a), in(b), in(low).detach(),
                                    in(high).detach(), scale);
    });
}

CTSStatus cts_add_low_rank(const CTSTensor *y, const CTSTensor *x, const CTSTensor *a,
                           const CTSTensor *b, double scale, CTSTensor **out) {
    return produce(out, [&] {
        if (c10::GradMode::is_enabled()) {
            throw std::invalid_argument("what is added in place has no gradient");
        }
        requireFit(in(x), in(a), in(b), in(y).dim() < 1 ? -1 : in(y).size(-1));
        at::Tensor low;
        return add(in(y), in(x), in(a), in(b), scale, low);
    });
}
