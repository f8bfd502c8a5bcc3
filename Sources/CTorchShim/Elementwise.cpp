// Elementwise operations and reductions, by family.
#include "Boundary.hpp"

#include <ATen/ops/abs.h>
#include <ATen/ops/add.h>
#include <ATen/ops/all.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/any.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/div.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/floor_divide.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/le.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/log.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_not.h>
#include <ATen/ops/logical_or.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/masked_fill.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/round.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/square.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/var.h>
#include <ATen/ops/where.h>

#include <numeric>

using namespace cts;

namespace {

at::Tensor unary(CTSUnaryOp op, const at::Tensor &a) {
    switch (op) {
    case CTS_NEG: return at::neg(a);
    case CTS_ABS: return at::abs(a);
    case CTS_EXP: return at::exp(a);
    case CTS_LOG: return at::log(a);
    case CTS_SQRT: return at::sqrt(a);
    case CTS_RSQRT: return at::rsqrt(a);
    case CTS_RECIPROCAL: return at::reciprocal(a);
    case CTS_SIN: return at::sin(a);
    case CTS_COS: return at::cos(a);
    case CTS_TANH: return at::tanh(a);
    case CTS_SIGMOID: return at::sigmoid(a);
    case CTS_RELU: return at::relu(a);
    case CTS_SILU: return at::silu(a);
    case CTS_GELU: return at::gelu(a, "none");
    case CTS_GELU_TANH: return at::gelu(a, "tanh");
    case CTS_SOFTPLUS: return at::softplus(a);
    case CTS_SQUARE: return at::square(a);
    case CTS_FLOOR: return at::floor(a);
    case CTS_ROUND: return at::round(a);
    case CTS_ISFINITE: return at::isfinite(a);
    case CTS_LOGICAL_NOT: return at::logical_not(a);
    default: throw std::invalid_argument("unknown unary operation " + std::to_string(op));
    }
}

/// `Right` is a tensor or a scalar: libtorch overloads all of these for both.
template <typename Right> at::Tensor binary(CTSBinaryOp op, const at::Tensor &a, const Right &b) {
    switch (op) {
    case CTS_ADD: return at::add(a, b);
    case CTS_SUB: return at::sub(a, b);
    case CTS_MUL: return at::mul(a, b);
    case CTS_DIV: return at::div(a, b);
    case CTS_POW: return at::pow(a, b);
    case CTS_FLOOR_DIVIDE: return at::floor_divide(a, b);
    case CTS_REMAINDER: return at::remainder(a, b);
    case CTS_EQ: return at::eq(a, b);
    case CTS_NE: return at::ne(a, b);
    case CTS_LT: return at::lt(a, b);
    case CTS_LE: return at::le(a, b);
    case CTS_GT: return at::gt(a, b);
    case CTS_GE: return at::ge(a, b);
    default: throw std::invalid_argument("unknown binary operation " + std::to_string(op));
    }
}

std::vector<int64_t> allIfEmpty(CTSIntList dims, const at::Tensor &a) {
    auto chosen = list(dims).vec();
    if (chosen.empty()) {
        chosen.resize(static_cast<size_t>(a.dim()));
        std::iota(chosen.begin(), chosen.end(), 0);
    }
    return chosen;
}

at::Tensor reduce(CTSReduceOp op, const at::Tensor &a, at::IntArrayRef dims, bool keep) {
    switch (op) {
    case CTS_SUM: return at::sum(a, dims, keep);
    case CTS_MEAN: return at::mean(a, dims, keep);
    case CTS_AMAX: return at::amax(a, dims, keep);
    case CTS_AMIN: return at::amin(a, dims, keep);
    case CTS_VAR_UNBIASED: return at::var(a, at::OptionalIntArrayRef(dims), 1, keep);
    case CTS_VAR_BIASED: return at::var(a, at::OptionalIntArrayRef(dims), 0, keep);
    case CTS_LOGSUMEXP: return at::logsumexp(a, dims, keep);
    case CTS_NORM2:
        // In float32 the squares of a large tensor are added in a few lanes and get lost.
        return at::linalg_vector_norm(a, 2, at::OptionalIntArrayRef(dims), keep, c10::kDouble)
            .to(a.scalar_type());
    case CTS_ANY: return at::any(a, at::OptionalIntArrayRef(dims), keep);
    case CTS_ALL: return at::all(a, at::OptionalIntArrayRef(dims), keep);
    default: throw std::invalid_argument("unknown reduction " + std::to_string(op));
    }
}

/// Hands out two results, both or neither.
CTSStatus producePair(CTSTensor **first, CTSTensor **second,
                      const std::function<std::tuple<at::Tensor, at::Tensor>()> &body) {
    return guard([&] {
        deref(first);
        deref(second);
        auto [a, b] = body();
        auto handle = std::make_unique<CTSTensor>(CTSTensor{std::move(a)});
        *second = new CTSTensor{std::move(b)};
        *first = handle.release();
    });
}

} // namespace

CTSStatus cts_unary(CTSUnaryOp op, const CTSTensor *a, CTSTensor **out) {
    return produce(out, [&] { return unary(op, in(a)); });
}

CTSStatus cts_binary(CTSBinaryOp op, const CTSTensor *a, const CTSTensor *b, CTSTensor **out) {
    return produce(out, [&] {
        switch (op) {
        case CTS_MAXIMUM: return at::maximum(in(a), in(b));
        case CTS_MINIMUM: return at::minimum(in(a), in(b));
        case CTS_LOGICAL_AND: return at::logical_and(in(a), in(b));
        case CTS_LOGICAL_OR: return at::logical_or(in(a), in(b));
        default: return binary(op, in(a), in(b));
        }
    });
}

CTSStatus cts_binary_scalar(CTSBinaryOp op, const CTSTensor *a, CTSScalar b, CTSTensor **out) {
    return produce(out, [&] {
        switch (op) {
        case CTS_MAXIMUM: return at::clamp_min(in(a), scalar(b));
        case CTS_MINIMUM: return at::clamp_max(in(a), scalar(b));
        default: return binary(op, in(a), scalar(b));
        }
    });
}

CTSStatus cts_where(const CTSTensor *condition, const CTSTensor *a, const CTSTensor *b,
                    CTSTensor **out) {
    return produce(out, [&] { return at::where(in(condition), in(a), in(b)); });
}

CTSStatus cts_masked_fill(const CTSTensor *a, const CTSTensor *mask, CTSScalar value,
                          CTSTensor **out) {
    return produce(out, [&] { return at::masked_fill(in(a), in(mask), scalar(value)); });
}

CTSStatus cts_reduce(CTSReduceOp op, const CTSTensor *a, CTSIntList dims, bool keep_dims,
                     CTSTensor **out) {
    return produce(out, [&] { return reduce(op, in(a), allIfEmpty(dims, in(a)), keep_dims); });
}

CTSStatus cts_argmax(const CTSTensor *a, int64_t dim, bool keep_dim, CTSTensor **out) {
    return produce(out, [&] { return at::argmax(in(a), dim, keep_dim); });
}

CTSStatus cts_cumsum(const CTSTensor *a, int64_t dim, CTSTensor **out) {
    return produce(out, [&] { return at::cumsum(in(a), dim); });
}

CTSStatus cts_softmax(const CTSTensor *a, int64_t dim, CTSTensor **out) {
    return produce(out, [&] { return at::softmax(in(a), dim); });
}

CTSStatus cts_log_softmax(const CTSTensor *a, int64_t dim, CTSTensor **out) {
    return produce(out, [&] { return at::log_softmax(in(a), dim); });
}

CTSStatus cts_topk(const CTSTensor *a, int64_t k, int64_t dim, CTSTensor **out_values,
                   CTSTensor **out_indices) {
    return producePair(out_values, out_indices, [&] { return at::topk(in(a), k, dim); });
}

CTSStatus cts_sort(const CTSTensor *a, int64_t dim, bool descending, CTSTensor **out_values,
                   CTSTensor **out_indices) {
    return producePair(out_values, out_indices, [&] {
        return at::sort(in(a), std::optional<bool>(true), dim, descending);
    });
}
