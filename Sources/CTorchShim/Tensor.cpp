// Making tensors, reading what they are, and moving their data.
#include "Boundary.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>

#include <cstring>

using namespace cts;

namespace {
size_t byteCount(at::IntArrayRef sizes, c10::ScalarType type) {
    size_t count = c10::elementSize(type);
    for (int64_t size : sizes) {
        if (size < 0) {
            throw std::invalid_argument("a negative size");
        }
        if (size != 0 && count > SIZE_MAX / static_cast<size_t>(size)) {
            throw std::invalid_argument("sizes overflow");
        }
        count *= static_cast<size_t>(size);
    }
    return count;
}
} // namespace

CTSStatus cts_from_data(const void *data, size_t byte_count, CTSIntList sizes, CTSDType dtype,
                        CTSTensor **out) {
    return produce(out, [&] {
        const auto type = scalarType(dtype);
        if (byteCount(list(sizes), type) != byte_count) {
            throw std::invalid_argument("data does not have as many elements as the sizes say");
        }
        auto tensor = at::empty(list(sizes), at::TensorOptions().dtype(type));
        if (byte_count > 0) {
            std::memcpy(tensor.mutable_data_ptr(), &deref(static_cast<const char *>(data)),
                        byte_count);
        }
        return tensor;
    });
}

CTSStatus cts_from_borrowed(void *data, CTSIntList sizes, CTSDType dtype,
                            void (*release)(void *context), void *context, CTSTensor **out) {
    return produce(out, [&] {
        const auto type = scalarType(dtype);
        byteCount(list(sizes), type);
        deref(static_cast<char *>(data));
        return at::from_blob(
            data, list(sizes), [release, context](void *) { release(context); },
            at::TensorOptions().dtype(type));
    });
}

CTSStatus cts_full(CTSIntList sizes, CTSScalar value, CTSDType dtype, CTSDevice where,
                   CTSTensor **out) {
    return produce(out, [&] { return at::full(list(sizes), scalar(value), options(dtype, where)); });
}

CTSStatus cts_empty(CTSIntList sizes, CTSDType dtype, CTSDevice where, CTSTensor **out) {
    return produce(out, [&] { return at::empty(list(sizes), options(dtype, where)); });
}

CTSStatus cts_arange(CTSScalar start, CTSScalar end, CTSScalar step, CTSDType dtype,
                     CTSDevice where, CTSTensor **out) {
    return produce(out, [&] {
        return at::arange(scalar(start), scalar(end), scalar(step), options(dtype, where));
    });
}

CTSStatus cts_random_normal(CTSIntList sizes, CTSDType dtype, CTSGenerator *generator,
                            CTSTensor **out) {
    return produce(out, [&] {
        auto &random = deref(generator).value;
        return at::randn(list(sizes), random,
                         at::TensorOptions().dtype(scalarType(dtype)).device(random.device()));
    });
}

CTSStatus cts_random_uniform(CTSIntList sizes, CTSDType dtype, CTSGenerator *generator,
                             CTSTensor **out) {
    return produce(out, [&] {
        auto &random = deref(generator).value;
        return at::rand(list(sizes), random,
                        at::TensorOptions().dtype(scalarType(dtype)).device(random.device()));
    });
}

void cts_tensor_free(CTSTensor *tensor) { delete tensor; }

CTSStatus cts_tensor_retain(const CTSTensor *tensor, CTSTensor **out) {
    return produce(out, [&] { return in(tensor); });
}

CTSStatus cts_dimension_count(const CTSTensor *tensor, int64_t *out) {
    return guard([&] { deref(out) = in(tensor).dim(); });
}

CTSStatus cts_sizes(const CTSTensor *tensor, int64_t *out, int64_t capacity) {
    return guard([&] {
        const auto sizes = in(tensor).sizes();
        if (capacity < static_cast<int64_t>(sizes.size())) {
            throw std::invalid_argument("no room for the sizes");
        }
        std::copy(sizes.begin(), sizes.end(), out);
    });
}

CTSStatus cts_dtype(const CTSTensor *tensor, CTSDType *out) {
    return guard([&] { deref(out) = dtypeCode(in(tensor).scalar_type()); });
}

CTSStatus cts_version(const CTSTensor *tensor, int64_t *out) {
    return guard([&] { deref(out) = static_cast<int64_t>(in(tensor)._version()); });
}

CTSStatus cts_device(const CTSTensor *tensor, CTSDevice *out) {
    return guard([&] {
        const auto where = in(tensor).device();
        deref(out) = CTSDevice{where.is_cuda() ? 1 : 0, where.has_index() ? where.index() : 0};
    });
}

CTSStatus cts_is_contiguous(const CTSTensor *tensor, bool *out) {
    return guard([&] { deref(out) = in(tensor).is_contiguous(); });
}

CTSStatus cts_copy_data(const CTSTensor *tensor, void *out, size_t byte_capacity) {
    return guard([&] {
        const auto flat = in(tensor).detach().to(c10::kCPU).contiguous();
        const size_t count = flat.nbytes();
        if (byte_capacity < count) {
            throw std::invalid_argument("no room for the elements");
        }
        if (count > 0) {
            std::memcpy(&deref(static_cast<char *>(out)), flat.const_data_ptr(), count);
        }
    });
}

CTSStatus cts_data_pointer(const CTSTensor *tensor, void **out) {
    return guard([&] {
        const auto &value = in(tensor);
        if (!value.is_cpu() || !value.is_contiguous()) {
            throw std::invalid_argument("the data of a tensor that is not contiguous CPU memory");
        }
        deref(out) = value.data_ptr();
    });
}

CTSStatus cts_to_dtype(const CTSTensor *tensor, CTSDType dtype, CTSTensor **out) {
    return produce(out, [&] { return in(tensor).to(scalarType(dtype)); });
}

CTSStatus cts_to_device(const CTSTensor *tensor, CTSDevice where, CTSTensor **out) {
    return produce(out, [&] { return in(tensor).to(device(where)); });
}

CTSStatus cts_contiguous(const CTSTensor *tensor, CTSTensor **out) {
    return produce(out, [&] { return in(tensor).contiguous(); });
}

CTSStatus cts_clone(const CTSTensor *tensor, CTSTensor **out) {
    return produce(out, [&] { return in(tensor).clone(at::MemoryFormat::Contiguous); });
}

CTSStatus cts_equal(const CTSTensor *a, const CTSTensor *b, bool *out) {
    return guard([&] {
        const auto &left = in(a), &right = in(b);
        deref(out) = left.scalar_type() == right.scalar_type() && left.sizes() == right.sizes() &&
                     at::equal(left, right);
    });
}
