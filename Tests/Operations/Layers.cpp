// What networks are made of.
#include "Recorder.hpp"

namespace operations {
namespace {

void products(Recorder &record) {
    const Tensor a = data({2, 3, 8}, 21), b = data({2, 8, 5}, 22);
    record("matmul", [&](CTSTensor **out) { return cts_matmul(a, b, out); });
    // So large that oneDNN gets it, where there is one.
    const Tensor x = data({256, 768}, 23), weight = data({768, 768}, 24, 0.05), bias = data({768}, 25);
    const auto linear = [&](CTSTensor **out) { return cts_linear(x, weight, bias, out); };
    const auto without = [&](CTSTensor **out) { return cts_linear(x, weight, nullptr, out); };
    const bool used = cts_uses_onednn();
    record("linear", linear);
    record("linear.without_bias", without);
    const Tensor coarse = as(x, CTS_BFLOAT16), coarseWeight = as(weight, CTS_BFLOAT16);
    record("linear.bfloat16", [&](CTSTensor **out) {
        return cts_linear(coarse, coarseWeight, nullptr, out);
    }, Recorder::kCoarse);
    record.add("has_onednn", {double(cts_has_onednn())});
    if (cts_has_onednn()) {
        require(cts_use_onednn(!used), "cts_use_onednn");
        record("linear.other", linear);
        require(cts_use_onednn(used), "cts_use_onednn");
        const bool gradients = cts_grad_enabled();
        cts_set_grad_enabled(false);
        const Tensor packed = made("cts_pack_weight", [&](CTSTensor **out) {
            return cts_pack_weight(weight, 256, out);
        });
        record("packed_linear", [&](CTSTensor **out) { return cts_packed_linear(x, packed, bias, out); });
        cts_set_grad_enabled(gradients);
    }
}

void normalisations(Recorder &record) {
    const Tensor x = data({2, 3, 8}, 31, 3), weight = data({8}, 32), bias = data({8}, 33);
    record("layer_norm", [&](CTSTensor **out) {
        return cts_layer_norm(x, Sizes{{8}}, weight, bias, 1e-6, out);
    });
    record("rms_norm", [&](CTSTensor **out) { return cts_rms_norm(x, weight, 1e-6, out); });
    const Tensor coarse = as(x, CTS_BFLOAT16), coarseWeight = as(weight, CTS_BFLOAT16);
    record("rms_norm.bfloat16", [&](CTSTensor **out) {
        return cts_rms_norm(coarse, coarseWeight, 1e-6, out);
    }, Recorder::kCoarse);
}

void attention(Recorder &record) {
    const Tensor query = data({1, 4, 6, 8}, 41, 2), key = data({1, 2, 6, 8}, 42, 2);
    const Tensor value = data({1, 2, 6, 8}, 43), mask = data({1, 1, 6, 6}, 44, 5);
    record("attention.causal", [&](CTSTensor **out) {
        return cts_attention(query, key, value, nullptr, true, 0, true, out);
    });
    record("attention.mask", [&](CTSTensor **out) {
        return cts_attention(query, key, value, mask, false, 0.3, true, out);
    });
    const Tensor heads = data({6, 4, 8}, 45);
    const Tensor angles = data({6, 1, 4}, 46, 3);
    const CTSTensor *twice[] = {angles, angles};
    const Tensor all = made("cts_cat", [&](CTSTensor **out) { return cts_cat(twice, 2, 2, out); });
    const Tensor cosines = made("cts_unary", [&](CTSTensor **out) { return cts_unary(CTS_COS, all, out); });
    const Tensor sines = made("cts_unary", [&](CTSTensor **out) { return cts_unary(CTS_SIN, all, out); });
    record("rotate_halves", [&](CTSTensor **out) { return cts_rotate_halves(heads, cosines, sines, out); });
    const Tensor table = data({9, 4}, 47), ids = integers({2, 2}, {8, 0, 3, 3});
    record("embedding", [&](CTSTensor **out) { return cts_embedding(table, ids, out); }, 0);
}

void pictures(Recorder &record) {
    const Tensor x = data({1, 2, 7, 6}, 51), weight = data({3, 2, 3, 3}, 52), bias = data({3}, 53);
    record("conv2d", [&](CTSTensor **out) { return cts_conv2d(x, weight, bias, 2, 1, out); });
    const Tensor wide = data({2, 3, 2, 2}, 54);
    record("conv_transpose2d", [&](CTSTensor **out) {
        return cts_conv_transpose2d(x, wide, bias, 2, out);
    });
    record("max_pool2d", [&](CTSTensor **out) { return cts_max_pool2d(x, 2, 2, out); }, 0);
    for (CTSInterpolation mode = CTS_NEAREST; mode <= CTS_BICUBIC_ANTIALIAS; ++mode) {
        record("interpolate.smaller." + std::to_string(mode), [&](CTSTensor **out) {
            return cts_interpolate(x, 3, 4, mode, out);
        });
        record("interpolate.larger." + std::to_string(mode), [&](CTSTensor **out) {
            return cts_interpolate(x, 9, 11, mode, out);
        });
    }
}

} // namespace

void layers(Recorder &record) {
    products(record);
    normalisations(record);
    attention(record);
    pictures(record);
}

} // namespace operations
