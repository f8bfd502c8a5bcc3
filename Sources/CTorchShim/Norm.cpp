// Sums of squares in float64. libtorch's own norm of a float32 tensor on the CPU adds squares one after
// another in a few float32 lanes, which loses the small ones of a large tensor.
#include "Boundary.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <vector>

using namespace cts;

namespace {
constexpr int64_t kBlock = CTS_SQUARE_SUM_BLOCK;
// Partial sums that stand side by side, so that the compiler can add several at a time.
constexpr int64_t kLanes = 16;
// Blocks that a thread does at least.
constexpr int64_t kGrain = 4;
// Blocks that another device squares at a time: the float64 copy has 32 MiB.
constexpr int64_t kBlocksAtOnce = 64;

int64_t blockCount(int64_t numbers) { return (numbers + kBlock - 1) / kBlock; }

/// The sum of a block's squares; its order depends on nothing but places within the block.
template <typename Number> double squareSum(const Number *x, int64_t count) {
    double lanes[kLanes] = {};
    int64_t index = 0;
    for (; index + kLanes <= count; index += kLanes) {
        for (int64_t lane = 0; lane < kLanes; ++lane) {
            const auto value = static_cast<double>(static_cast<float>(x[index + lane]));
            lanes[lane] += value * value;
        }
    }
    for (int64_t lane = 0; index < count; ++index, ++lane) {
        const auto value = static_cast<double>(static_cast<float>(x[index]));
        lanes[lane] += value * value;
    }
    for (int64_t width = kLanes / 2; width > 0; width /= 2) {
        for (int64_t lane = 0; lane < width; ++lane) {
            lanes[lane] += lanes[lane + width];
        }
    }
    return lanes[0];
}

/// The same of numbers that float32 does not hold.
template <> double squareSum(const double *x, int64_t count) {
    double lanes[kLanes] = {};
    for (int64_t index = 0; index < count; ++index) {
        lanes[index % kLanes] += x[index] * x[index];
    }
    for (int64_t width = kLanes / 2; width > 0; width /= 2) {
        for (int64_t lane = 0; lane < width; ++lane) {
            lanes[lane] += lanes[lane + width];
        }
    }
    return lanes[0];
}

/// Writes the sums of blocks `begin` up to `end` of a tensor on the CPU.
void squareSums(const at::Tensor &x, int64_t begin, int64_t end, double *out) {
    AT_DISPATCH_FLOATING_TYPES_AND2(
        c10::kHalf, c10::kBFloat16, x.scalar_type(), "square_sums", [&] {
            const auto *numbers = elements<scalar_t>(x);
            for (int64_t block = begin; block < end; ++block) {
                const int64_t start = block * kBlock;
                out[block] =
                    squareSum(numbers + start, std::min(kBlock, x.numel() - start));
            }
        });
}

/// The sums of all blocks of a tensor on any device, there: float64, [blocks].
at::Tensor squareSums(const at::Tensor &x) {
    const auto flat = x.reshape({-1});
    std::vector<at::Tensor> parts;
    for (int64_t start = 0; start < flat.numel(); start += kBlocksAtOnce * kBlock) {
        const int64_t count = std::min(kBlocksAtOnce * kBlock, flat.numel() - start);
        auto part = flat.narrow(0, start, count).to(c10::kDouble);
        const int64_t blocks = blockCount(count);
        if (blocks * kBlock != count) {
            part = at::constant_pad_nd(part, {0, blocks * kBlock - count});
        }
        part = part.view({blocks, kBlock});
        parts.push_back((part * part).sum(1));
    }
    return at::cat(parts);
}

/// Where a tensor's sums go.
struct Place {
    at::Tensor tensor;
    int64_t first;
};

/// All blocks of the tensors on the CPU, whatever thread has which.
void squareSumsOnCPU(const std::vector<Place> &places, double *out) {
    std::vector<int64_t> ends;
    int64_t total = 0;
    for (const auto &place : places) {
        ends.push_back(total += blockCount(place.tensor.numel()));
    }
    at::parallel_for(0, total, kGrain, [&](int64_t begin, int64_t end) {
        auto index = std::upper_bound(ends.begin(), ends.end(), begin) - ends.begin();
        while (begin < end) {
            const int64_t before = index == 0 ? 0 : ends[index - 1];
            const int64_t last = std::min(end, ends[index]);
            squareSums(places[index].tensor, begin - before, last - before,
                       out + places[index].first);
            begin = last;
            ++index;
        }
    });
}
} // namespace

CTSStatus cts_square_sums(const CTSTensor *const *handles, int64_t count, double *out) {
    return guard([&] {
        const c10::AutoGradMode noGradients(false);
        std::vector<Place> onCPU;
        std::vector<Place> elsewhere;
        std::vector<at::Tensor> sums;
        int64_t first = 0;
        for (const auto &tensor : tensors(handles, count)) {
            if (!at::isFloatingType(tensor.scalar_type())) {
                throw std::invalid_argument("squares are summed of floating-point numbers");
            }
            const int64_t blocks = blockCount(tensor.numel());
            if (tensor.is_cpu()) {
                onCPU.push_back({tensor.contiguous(), first});
            } else if (blocks > 0) {
                sums.push_back(squareSums(tensor));
                elsewhere.push_back({sums.back(), first});
            }
            first += blocks;
        }
        squareSumsOnCPU(onCPU, out);
        if (sums.empty()) {
            return;
        }
        // One copy to the host for all parameters.
        const auto all = at::cat(sums).cpu();
        const auto *number = elements<double>(all);
        for (const auto &place : elsewhere) {
            std::copy_n(number, place.tensor.numel(), out + place.first);
            number += place.tensor.numel();
        }
    });
}
