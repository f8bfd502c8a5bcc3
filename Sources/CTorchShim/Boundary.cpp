#include "Boundary.hpp"

#include <torch/headeronly/version.h>

// The numbers and the operations are checked against one version; another one may differ in
// either. A build against a second version says so by this macro.
#ifndef CTS_ANY_LIBTORCH
static_assert(TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR == 13,
              "libtorch 2.13 is needed in .libtorch: run scripts/setup, or set LIBTORCH_ANY_VERSION=1 to "
              "build against another version at your own risk");
#endif

namespace cts {

std::string &lastError() noexcept {
    static thread_local std::string message;
    return message;
}

namespace {
constexpr c10::ScalarType kTypes[] = {
    c10::ScalarType::Float, c10::ScalarType::BFloat16, c10::ScalarType::Half,
    c10::ScalarType::Double, c10::ScalarType::Long, c10::ScalarType::Int,
    c10::ScalarType::Byte, c10::ScalarType::Bool,
};
} // namespace

c10::ScalarType scalarType(CTSDType dtype) {
    if (dtype < 0 || dtype >= static_cast<CTSDType>(std::size(kTypes))) {
        throw std::invalid_argument("unknown dtype code " + std::to_string(dtype));
    }
    return kTypes[dtype];
}

CTSDType dtypeCode(c10::ScalarType type) {
    for (size_t index = 0; index < std::size(kTypes); ++index) {
        if (kTypes[index] == type) {
            return static_cast<CTSDType>(index);
        }
    }
    throw std::invalid_argument(std::string("unsupported dtype ") + c10::toString(type));
}

c10::Device device(CTSDevice where) {
    switch (where.type) {
    case 0: return c10::Device(c10::kCPU);
    case 1: return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(where.index));
    default: throw std::invalid_argument("unknown device code " + std::to_string(where.type));
    }
}

} // namespace cts

const char *cts_last_error_message(void) { return cts::lastError().c_str(); }
const char *cts_libtorch_version(void) { return TORCH_VERSION; }
