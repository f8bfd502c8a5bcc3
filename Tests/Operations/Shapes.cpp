// Where numbers go: views, joins, indexing.
#include "Recorder.hpp"

namespace operations {
namespace {

void views(Recorder &record) {
    const Tensor a = data({2, 3, 4}, 11), row = data({1, 3, 1}, 12);
    record("reshape", [&](CTSTensor **out) { return cts_reshape(a, Sizes{{6, -1}}, out); }, 0);
    record("permute", [&](CTSTensor **out) { return cts_permute(a, Sizes{{2, 0, 1}}, out); }, 0);
    record("expand", [&](CTSTensor **out) { return cts_expand(row, Sizes{{2, 3, 2}}, out); }, 0);
    record("unsqueeze", [&](CTSTensor **out) { return cts_unsqueeze(row, 1, out); }, 0);
    record("squeeze", [&](CTSTensor **out) { return cts_squeeze(row, 0, out); }, 0);
    record("slice", [&](CTSTensor **out) { return cts_slice(a, 2, 1, 4, 2, out); }, 0);
    record("select", [&](CTSTensor **out) { return cts_select(a, 1, 2, out); }, 0);
    record("flip", [&](CTSTensor **out) { return cts_flip(a, Sizes{{0, 2}}, out); }, 0);
    record("pad", [&](CTSTensor **out) { return cts_pad(row, Sizes{{1, 2, 0, 1}}, real(5), out); }, 0);
    record("tril", [&](CTSTensor **out) { return cts_tril(a, -1, out); }, 0);
    record("repeat", [&](CTSTensor **out) { return cts_repeat(row, Sizes{{2, 1, 3}}, out); }, 0);
    record("repeat_interleave", [&](CTSTensor **out) { return cts_repeat_interleave(row, 2, 1, out); }, 0);
}

void joins(Recorder &record) {
    const Tensor a = data({2, 3}, 13), b = data({2, 3}, 14);
    const CTSTensor *both[] = {a, b};
    record("cat", [&](CTSTensor **out) { return cts_cat(both, 2, 1, out); }, 0);
    record("stack", [&](CTSTensor **out) { return cts_stack(both, 2, 0, out); }, 0);
}

void indexing(Recorder &record) {
    const Tensor a = data({3, 4}, 15), source = data({2, 4}, 16), rows = integers({2}, {2, 0});
    record("index_select", [&](CTSTensor **out) { return cts_index_select(a, 0, rows, out); }, 0);
    record("index_copy", [&](CTSTensor **out) { return cts_index_copy(a, 0, rows, source, out); }, 0);
    const Tensor places = integers({2, 4}, {0, 2, 1, 0, 2, 0, 0, 1});
    record("gather", [&](CTSTensor **out) { return cts_gather(a, 0, places, out); }, 0);
    record("scatter", [&](CTSTensor **out) { return cts_scatter(a, 0, places, source, out); }, 0);
}

void inPlace(Recorder &record) {
    const Tensor a = data({2, 3}, 17), b = data({3}, 18), half = as(b, CTS_FLOAT16);
    int64_t before = 0, after = 0;
    require(cts_version(a, &before), "cts_version");
    require(cts_copy_into(a, half), "cts_copy_into");
    record.add("copy_into", a, 0);
    require(cts_add_scaled_into(a, b, real(0.5)), "cts_add_scaled_into");
    record.add("add_scaled_into", a);
    require(cts_scale_in_place(a, real(-3)), "cts_scale_in_place");
    record.add("scale_in_place", a);
    require(cts_fill(a, real(0.25)), "cts_fill");
    record.add("fill", a, 0);
    require(cts_version(a, &after), "cts_version");
    record.add("version", {static_cast<double>(after - before)});
}

} // namespace

void shapes(Recorder &record) {
    views(record);
    joins(record);
    indexing(record);
    inPlace(record);
}

} // namespace operations
