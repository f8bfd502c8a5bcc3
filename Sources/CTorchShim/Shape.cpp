// Views, joins and indexing.
#include "Boundary.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/index_copy.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/scatter.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tril.h>

using namespace cts;

CTSStatus cts_reshape(const CTSTensor *a, CTSIntList sizes, CTSTensor **out) {
    return produce(out, [&] { return in(a).reshape(list(sizes)); });
}

CTSStatus cts_permute(const CTSTensor *a, CTSIntList dims, CTSTensor **out) {
    return produce(out, [&] { return in(a).permute(list(dims)); });
}

CTSStatus cts_expand(const CTSTensor *a, CTSIntList sizes, CTSTensor **out) {
    return produce(out, [&] { return in(a).expand(list(sizes)); });
}

CTSStatus cts_unsqueeze(const CTSTensor *a, int64_t dim, CTSTensor **out) {
    return produce(out, [&] { return in(a).unsqueeze(dim); });
}

CTSStatus cts_squeeze(const CTSTensor *a, int64_t dim, CTSTensor **out) {
    return produce(out, [&] { return in(a).squeeze(dim); });
}

CTSStatus cts_cat(const CTSTensor *const *handles, int64_t count, int64_t dim, CTSTensor **out) {
    return produce(out, [&] { return at::cat(tensors(handles, count), dim); });
}

CTSStatus cts_stack(const CTSTensor *const *handles, int64_t count, int64_t dim, CTSTensor **out) {
    return produce(out, [&] { return at::stack(tensors(handles, count), dim); });
}

CTSStatus cts_slice(const CTSTensor *a, int64_t dim, int64_t start, int64_t end, int64_t step,
                    CTSTensor **out) {
    return produce(out, [&] { return in(a).slice(dim, start, end, step); });
}

CTSStatus cts_select(const CTSTensor *a, int64_t dim, int64_t index, CTSTensor **out) {
    return produce(out, [&] { return in(a).select(dim, index); });
}

CTSStatus cts_index_select(const CTSTensor *a, int64_t dim, const CTSTensor *index,
                           CTSTensor **out) {
    return produce(out, [&] { return at::index_select(in(a), dim, in(index)); });
}

CTSStatus cts_index_copy(const CTSTensor *a, int64_t dim, const CTSTensor *index,
                         const CTSTensor *source, CTSTensor **out) {
    return produce(out, [&] { return at::index_copy(in(a), dim, in(index), in(source)); });
}

CTSStatus cts_gather(const CTSTensor *a, int64_t dim, const CTSTensor *index, CTSTensor **out) {
    return produce(out, [&] { return at::gather(in(a), dim, in(index)); });
}

CTSStatus cts_scatter(const CTSTensor *a, int64_t dim, const CTSTensor *index,
                      const CTSTensor *source, CTSTensor **out) {
    return produce(out, [&] { return at::scatter(in(a), dim, in(index), in(source)); });
}

CTSStatus cts_repeat_interleave(const CTSTensor *a, int64_t repeats, int64_t dim, CTSTensor **out) {
    return produce(out, [&] { return at::repeat_interleave(in(a), repeats, dim); });
}

CTSStatus cts_flip(const CTSTensor *a, CTSIntList dims, CTSTensor **out) {
    return produce(out, [&] { return at::flip(in(a), list(dims)); });
}

CTSStatus cts_pad(const CTSTensor *a, CTSIntList pads, CTSScalar value, CTSTensor **out) {
    return produce(out, [&] { return at::constant_pad_nd(in(a), list(pads), scalar(value)); });
}

CTSStatus cts_tril(const CTSTensor *a, int64_t diagonal, CTSTensor **out) {
    return produce(out, [&] { return at::tril(in(a), diagonal); });
}

CTSStatus cts_repeat(const CTSTensor *a, CTSIntList repeats, CTSTensor **out) {
    return produce(out, [&] { return in(a).repeat(list(repeats)); });
}
