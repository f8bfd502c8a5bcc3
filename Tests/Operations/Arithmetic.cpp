// Numbers in, numbers out: making tensors, elementwise operations, reductions.
#include "Recorder.hpp"

namespace operations {
namespace {

void creation(Recorder &record) {
    record("full", [](CTSTensor **out) {
        return cts_full(Sizes{{2, 2}}, real(0.1), CTS_FLOAT32, cpu(), out);
    });
    record("arange", [](CTSTensor **out) {
        return cts_arange(integer(1), integer(9), integer(3), CTS_INT64, cpu(), out);
    });
    const Tensor empty = made("cts_empty", [](CTSTensor **out) {
        return cts_empty(Sizes{{3, 5}}, CTS_BFLOAT16, cpu(), out);
    });
    CTSDType dtype = -1;
    require(cts_dtype(empty, &dtype), "cts_dtype");
    int64_t sizes[2] = {0, 0};
    require(cts_sizes(empty, sizes, 2), "cts_sizes");
    record.add("empty", {static_cast<double>(dtype), static_cast<double>(sizes[0]),
                         static_cast<double>(sizes[1])});
    float memory[3] = {1, -2, 3};
    int released = 0;
    {
        const Tensor borrowed = made("cts_from_borrowed", [&](CTSTensor **out) {
            return cts_from_borrowed(
                memory, Sizes{{3}}, CTS_FLOAT32,
                [](void *context) { *static_cast<int *>(context) += 1; }, &released, out);
        });
        record.add("from_borrowed", borrowed);
    }
    record.add("from_borrowed.released", {static_cast<double>(released)});
}

void properties(Recorder &record) {
    const Tensor a = data({2, 3}, 1);
    const Tensor turned = made("cts_permute", [&](CTSTensor **out) {
        return cts_permute(a, Sizes{{1, 0}}, out);
    });
    bool before = true, after = false, same = false;
    require(cts_is_contiguous(turned, &before), "cts_is_contiguous");
    const Tensor whole = made("cts_contiguous", [&](CTSTensor **out) {
        return cts_contiguous(turned, out);
    });
    require(cts_is_contiguous(whole, &after), "cts_is_contiguous");
    require(cts_equal(whole, turned, &same), "cts_equal");
    void *address = nullptr;
    require(cts_data_pointer(whole, &address), "cts_data_pointer");
    CTSDevice where{7, 7};
    require(cts_device(whole, &where), "cts_device");
    record.add("properties", {double(before), double(after), double(same), double(where.type),
                              double(where.index), static_cast<float *>(address)[1]}, 1e-6);
    record("clone", [&](CTSTensor **out) { return cts_clone(turned, out); });
    record("retain", [&](CTSTensor **out) { return cts_tensor_retain(turned, out); });
    record("to_device", [&](CTSTensor **out) { return cts_to_device(a, cpu(), out); });
    const Tensor large = data({7}, 2, 300, 0.3);
    for (CTSDType dtype : {CTS_FLOAT32, CTS_BFLOAT16, CTS_FLOAT16, CTS_FLOAT64, CTS_INT64, CTS_INT32,
                           CTS_BOOL}) {
        record("to_dtype." + std::to_string(dtype), [&](CTSTensor **out) {
            return cts_to_dtype(large, dtype, out);
        }, 0);
    }
    const Tensor bytes = data({5}, 3, 100, 110);
    record("to_dtype.6", [&](CTSTensor **out) { return cts_to_dtype(bytes, CTS_UINT8, out); }, 0);
}

void elementwise(Recorder &record) {
    const Tensor positive = data({3, 4}, 4, 0.95, 1), any = data({3, 4}, 5, 2), row = data({4}, 6, 2, 0.1);
    for (CTSUnaryOp op = CTS_NEG; op <= CTS_LOGICAL_NOT; ++op) {
        const bool needsPositive = op == CTS_LOG || op == CTS_SQRT || op == CTS_RSQRT || op == CTS_RECIPROCAL;
        record("unary." + std::to_string(op), [&](CTSTensor **out) {
            return cts_unary(op, needsPositive ? positive : any, out);
        });
    }
    for (CTSBinaryOp op = CTS_ADD; op <= CTS_LOGICAL_OR; ++op) {
        record("binary." + std::to_string(op), [&](CTSTensor **out) {
            return cts_binary(op, op == CTS_POW ? positive : any, row, out);
        });
    }
    for (CTSBinaryOp op = CTS_ADD; op <= CTS_GE; ++op) {
        record("binary_scalar." + std::to_string(op), [&](CTSTensor **out) {
            return cts_binary_scalar(op, op == CTS_POW ? positive : any, real(0.7), out);
        });
    }
    const Tensor mask = made("cts_binary_scalar", [&](CTSTensor **out) {
        return cts_binary_scalar(CTS_GT, any, real(0), out);
    });
    record("where", [&](CTSTensor **out) { return cts_where(mask, any, row, out); });
    record("masked_fill", [&](CTSTensor **out) { return cts_masked_fill(any, mask, real(-9), out); });
    const Tensor counts = integers({3}, {7, -7, 1LL << 40});
    record("integers", [&](CTSTensor **out) {
        return cts_binary_scalar(CTS_FLOOR_DIVIDE, counts, integer(2), out);
    }, 0);
    const Tensor bfloat16 = as(any, CTS_BFLOAT16);
    record("bfloat16", [&](CTSTensor **out) { return cts_unary(CTS_SILU, bfloat16, out); },
           Recorder::kCoarse);
}

void reductions(Recorder &record) {
    const Tensor a = data({3, 5, 4}, 7, 2);
    for (CTSReduceOp op = CTS_SUM; op <= CTS_NORM2; ++op) {
        record("reduce." + std::to_string(op), [&](CTSTensor **out) {
            return cts_reduce(op, a, Sizes{{1}}, false, out);
        });
    }
    const Tensor mask = made("cts_binary_scalar", [&](CTSTensor **out) {
        return cts_binary_scalar(CTS_GT, a, real(1.5), out);
    });
    for (CTSReduceOp op : {CTS_ANY, CTS_ALL}) {
        record("reduce." + std::to_string(op), [&](CTSTensor **out) {
            return cts_reduce(op, mask, Sizes{{1}}, true, out);
        });
    }
    record("reduce.all", [&](CTSTensor **out) { return cts_reduce(CTS_SUM, a, Sizes{{}}, false, out); });
    record("argmax", [&](CTSTensor **out) { return cts_argmax(a, 2, false, out); }, 0);
    record("cumsum", [&](CTSTensor **out) { return cts_cumsum(a, 1, out); });
    record("softmax", [&](CTSTensor **out) { return cts_softmax(a, 2, out); });
    record("log_softmax", [&](CTSTensor **out) { return cts_log_softmax(a, 2, out); });
    CTSTensor *values = nullptr, *indices = nullptr;
    require(cts_topk(a, 2, 2, &values, &indices), "cts_topk");
    const Tensor topValues(values), topIndices(indices);
    record.add("topk.values", topValues);
    record.add("topk.indices", topIndices, 0);
    const Tensor equal = integers({6}, {2, 1, 2, 1, 3, 2});
    require(cts_sort(equal, 0, true, &values, &indices), "cts_sort");
    const Tensor sorted(values), order(indices);
    record.add("sort.values", sorted, 0);
    record.add("sort.indices", order, 0);
}

} // namespace

void arithmetic(Recorder &record) {
    creation(record);
    properties(record);
    elementwise(record);
    reductions(record);
}

} // namespace operations
