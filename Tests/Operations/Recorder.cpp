#include "Recorder.hpp"

#include <cmath>
#include <cstdint>

namespace operations {

Tensor data(std::vector<int64_t> sizes, int seed, double scale, double shift) {
    int64_t count = 1;
    for (int64_t size : sizes) {
        count *= size;
    }
    std::vector<float> values(static_cast<size_t>(count));
    // A linear congruential generator, of which the upper bits count.
    auto state = static_cast<uint32_t>(seed) * 2654435761u + 1;
    for (float &value : values) {
        state = state * 1664525u + 1013904223u;
        value = static_cast<float>(((state >> 8) / 8388608.0 - 1) * scale + shift);
    }
    return made("cts_from_data", [&](CTSTensor **out) {
        return cts_from_data(values.data(), values.size() * sizeof(float), Sizes{sizes}, CTS_FLOAT32, out);
    });
}

Tensor integers(std::vector<int64_t> sizes, const std::vector<int64_t> &values) {
    return made("cts_from_data", [&](CTSTensor **out) {
        return cts_from_data(values.data(), values.size() * sizeof(int64_t), Sizes{sizes}, CTS_INT64, out);
    });
}

Tensor as(const Tensor &tensor, CTSDType dtype) {
    return made("cts_to_dtype", [&](CTSTensor **out) { return cts_to_dtype(tensor, dtype, out); });
}

std::vector<double> numbers(CTSTensor *tensor) {
    const Tensor wide = made("cts_to_dtype", [&](CTSTensor **out) {
        return cts_to_dtype(tensor, CTS_FLOAT64, out);
    });
    int64_t rank = 0;
    require(cts_dimension_count(wide, &rank), "cts_dimension_count");
    std::vector<int64_t> sizes(static_cast<size_t>(rank));
    require(cts_sizes(wide, sizes.data(), rank), "cts_sizes");
    size_t count = 1;
    for (int64_t size : sizes) {
        count *= static_cast<size_t>(size);
    }
    std::vector<double> values(count);
    require(cts_copy_data(wide, values.data(), count * sizeof(double)), "cts_copy_data");
    return values;
}

void Recorder::add(const std::string &name, std::vector<double> values, double tolerance) {
    constexpr size_t most = 32, places = 8;
    if (values.size() > most) {
        double sum = 0, absolute = 0;
        for (double value : values) {
            sum += value;
            absolute += std::fabs(value);
        }
        const auto count = static_cast<double>(values.size());
        std::vector<double> digest{count, sum / count, absolute / count};
        for (size_t place = 0; place < places; ++place) {
            digest.push_back(values[place * (values.size() - 1) / (places - 1)]);
        }
        values = std::move(digest);
    }
    records.push_back({name, tolerance, std::move(values)});
}

void Recorder::add(const std::string &name, CTSTensor *tensor, double tolerance) {
    add(name, numbers(tensor), tolerance);
}

} // namespace operations
