#include "Boundary.hpp"

#include <libtorch_checked.h>
#include <torch/headeronly/version.h>

#include <string_view>

// The library's own word; the header that has it brings much else.
extern "C" uint64_t aoti_torch_abi_version();

// The numbers and the operations are checked against one version; another one may differ in either.
// scripts/setup writes down which version this is: the pinned one, or one that passed the check.
static_assert(std::string_view(TORCH_VERSION) == CTS_CHECKED_LIBTORCH,
              "the libtorch in .libtorch is not the one that was checked: run scripts/setup, with LIBTORCH "
              "set to its folder if it is to be this one");

namespace cts {

std::string &lastError() noexcept {
    static thread_local std::string message;
    return message;
}

std::shared_ptr<void> &lastCallerError() noexcept {
    static thread_local std::shared_ptr<void> error;
    return error;
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

void cts_loaded_libtorch_version(int64_t *major, int64_t *minor, int64_t *patch) {
    const uint64_t packed = aoti_torch_abi_version();
    *major = static_cast<int64_t>(packed >> 56);
    *minor = static_cast<int64_t>(packed >> 48 & 255);
    *patch = static_cast<int64_t>(packed >> 40 & 255);
}
