// What the lists of operations are written with.
#pragma once

#include "CTorchShim.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace operations {

inline void require(CTSStatus status, const std::string &what) {
    if (status != CTS_OK) {
        throw std::runtime_error(what + ": " + cts_last_error_message());
    }
}

/// Owns one handle.
class Tensor {
  public:
    explicit Tensor(CTSTensor *handle) : handle(handle) {}
    Tensor(Tensor &&other) noexcept : handle(std::exchange(other.handle, nullptr)) {}
    Tensor(const Tensor &) = delete;
    Tensor &operator=(const Tensor &) = delete;
    ~Tensor() { cts_tensor_free(handle); }
    operator CTSTensor *() const { return handle; }

  private:
    CTSTensor *handle;
};

/// The tensor that `body` hands out.
template <typename Body> Tensor made(const std::string &name, Body &&body) {
    CTSTensor *out = nullptr;
    require(body(&out), name);
    return Tensor(out);
}

/// Sizes that live as long as the call they are passed to.
struct Sizes {
    std::vector<int64_t> values;
    operator CTSIntList() const { return {values.data(), static_cast<int64_t>(values.size())}; }
};

inline CTSScalar real(double value) { return {false, value, 0}; }
inline CTSScalar integer(int64_t value) { return {true, 0, value}; }
inline CTSDevice cpu() { return {0, 0}; }

/// Numbers in (-1, 1) · scale + shift that look random and are the same everywhere.
Tensor data(std::vector<int64_t> sizes, int seed, double scale = 1, double shift = 0);
/// int64 numbers.
Tensor integers(std::vector<int64_t> sizes, const std::vector<int64_t> &values);
Tensor as(const Tensor &tensor, CTSDType dtype);
/// All elements, as float64.
std::vector<double> numbers(CTSTensor *tensor);

struct Record {
    std::string name;
    /// The largest difference, relative to max(1, |number|).
    double tolerance;
    std::vector<double> values;
};

/// Collects results; of large ones sums and some places.
class Recorder {
  public:
    std::vector<Record> records;
    void add(const std::string &name, std::vector<double> values, double tolerance = 0);
    void add(const std::string &name, CTSTensor *tensor, double tolerance = kRounding);
    /// Runs an operation with one result, and records that.
    template <typename Body>
    void operator()(const std::string &name, Body &&body, double tolerance = kRounding) {
        add(name, made(name, body), tolerance);
    }

    /// Kernels may add in another order, and approximate functions otherwise.
    static constexpr double kRounding = 2e-5;
    /// bfloat16 has 8 bits.
    static constexpr double kCoarse = 0.02;
};

void arithmetic(Recorder &record);
void shapes(Recorder &record);
void layers(Recorder &record);
void training(Recorder &record);

} // namespace operations
