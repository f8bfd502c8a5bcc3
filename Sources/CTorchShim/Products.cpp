// Products with weights: by libtorch, or by oneDNN directly.
//
// libtorch gives float32 products to MKL. oneDNN, which is linked into libtorch too, is faster on
// processors that MKL has no kernels for, and can keep a weight in the order in which its kernels
// read it. Its two operations are registered for TorchScript, and have no gradient: they are called
// through the dispatcher, with a gradient of our own.
#include "Boundary.hpp"

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <torch/csrc/autograd/custom_function.h>

#include <atomic>

using namespace cts;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

namespace {
/// 0 libtorch, 1 oneDNN, -1 not decided yet.
std::atomic<int> choice{-1};

using Pointwise = at::Tensor(const at::Tensor &, const at::Tensor &,
                             const std::optional<at::Tensor> &, std::string_view,
                             c10::List<std::optional<at::Scalar>>,
                             std::optional<std::string_view>);
using Reorder = at::Tensor(const at::Tensor &, std::optional<c10::SymInt>);

template <typename Signature> std::optional<c10::TypedOperatorHandle<Signature>> find(const char *name) {
    const auto schema = c10::Dispatcher::singleton().findSchema({name, ""});
    return schema ? std::optional(schema->typed<Signature>()) : std::nullopt;
}

const auto &pointwise() {
    static const auto operation = find<Pointwise>("mkldnn::_linear_pointwise");
    return operation;
}

const auto &reorder() {
    static const auto operation = find<Reorder>("mkldnn::_reorder_linear_weight");
    return operation;
}

bool isAvailable() { return at::hasMKLDNN() && pointwise() && reorder(); }

bool usesOneDNN() {
    if (choice < 0) {
        choice = isAvailable() ? 1 : 0;
    }
    return choice == 1;
}

/// x · weightᵀ + bias by oneDNN, without gradient; `weight` as it is or packed.
at::Tensor product(const at::Tensor &x, const at::Tensor &weight,
                   const std::optional<at::Tensor> &bias) {
    const at::AutoDispatchBelowADInplaceOrView below;
    return pointwise()->call(x, weight, bias, "none", c10::List<std::optional<at::Scalar>>(), "");
}

/// Multiplications of a product below which oneDNN is not worth its while: it makes a kernel for every
/// new number of rows, and keeps a thousand of them.
constexpr int64_t kLeast = int64_t{1} << 27;

/// Whether the product is one for oneDNN; it has none of nothing.
bool suits(const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias) {
    return x.is_cpu() && weight.is_cpu() && x.scalar_type() == c10::ScalarType::Float &&
           weight.scalar_type() == c10::ScalarType::Float && weight.dim() == 2 && x.dim() > 0 &&
           x.size(-1) == weight.size(1) && x.numel() * weight.size(0) >= kLeast &&
           (!bias || (bias->is_cpu() && bias->scalar_type() == c10::ScalarType::Float &&
                      bias->dim() == 1 && bias->size(0) == weight.size(0)));
}

struct OneDNNLinear : torch::autograd::Function<OneDNNLinear> {
    static Variable forward(AutogradContext *context, const Variable &x, const Variable &weight,
                            const std::optional<Variable> &bias) {
        context->save_for_backward({x, weight});
        context->saved_data["bias"] = bias.has_value();
        return product(x, weight, bias);
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1];
        const auto gradient = gradients[0].contiguous();
        const auto rows = gradient.reshape({-1, weight.size(0)});
        Variable toX, toWeight, toBias;
        if (context->needs_input_grad(0)) {
            toX = product(rows, weight.t(), std::nullopt).reshape(x.sizes());
        }
        if (context->needs_input_grad(1)) {
            toWeight = rows.t().matmul(x.reshape({-1, weight.size(1)}));
        }
        if (context->saved_data["bias"].toBool() && context->needs_input_grad(2)) {
            toBias = rows.sum(0);
        }
        return {toX, toWeight, toBias};
    }
};
} // namespace

namespace cts {
at::Tensor linear(const at::Tensor &x, const at::Tensor &weight,
                  const std::optional<at::Tensor> &bias) {
    if (!usesOneDNN() || !suits(x, weight, bias)) {
        return at::linear(x, weight, bias);
    }
    const bool records = c10::GradMode::is_enabled() &&
                         (x.requires_grad() || weight.requires_grad() ||
                          (bias && bias->requires_grad()));
    return records ? OneDNNLinear::apply(x, weight, bias) : product(x, weight, bias);
}
} // namespace cts

bool cts_has_onednn(void) {
    try {
        return isAvailable();
    } catch (...) {
        return false;
    }
}

CTSStatus cts_use_onednn(bool used) {
    return guard([&] {
        if (used && !isAvailable()) {
            throw std::invalid_argument("this libtorch has no oneDNN");
        }
        choice = used ? 1 : 0;
    });
}

bool cts_uses_onednn(void) {
    try {
        return usesOneDNN();
    } catch (...) {
        return false;
    }
}

CTSStatus cts_linear(const CTSTensor *x, const CTSTensor *weight, const CTSTensor *bias,
                     CTSTensor **out) {
    return produce(out, [&] { return cts::linear(in(x), in(weight), optional(bias)); });
}

CTSStatus cts_pack_weight(const CTSTensor *weight, int64_t rows, CTSTensor **out) {
    return produce(out, [&] {
        if (!isAvailable()) {
            throw std::invalid_argument("this libtorch has no oneDNN");
        }
        if (in(weight).dim() != 2 || !in(weight).is_cpu() || rows < 1) {
            throw std::invalid_argument("only matrices on the CPU can be packed");
        }
        const c10::AutoGradMode noGradients(false);
        return reorder()->call(in(weight).detach().contiguous(), c10::SymInt(rows));
    });
}

CTSStatus cts_packed_linear(const CTSTensor *x, const CTSTensor *packed, const CTSTensor *bias,
                            CTSTensor **out) {
    return produce(out, [&] {
        if (c10::GradMode::is_enabled()) {
            throw std::invalid_argument("a packed weight has no gradient");
        }
        return product(in(x), in(packed), optional(bias));
    });
}
