/// The C face of libtorch, as far as this project needs it.
///
/// Status codes. Every function that can fail returns a `CTSStatus` and hands its result out
/// through its last parameters. On failure these are left untouched, and
/// `cts_last_error_message()` says why until the next call on the same thread.
///
/// Ownership. A `CTSTensor *` or `CTSGenerator *` that comes out through an `out` parameter belongs
/// to the caller, who frees it once with the matching `_free` function (which accepts NULL). A
/// handle passed in is borrowed for the call. Arrays passed in are copied. Tensors share storage
/// where libtorch does (views); freeing a handle never invalidates another one.
///
/// Threads. Handles may be used from any thread, one operation that writes to a tensor at a time.
/// Gradient mode is per thread. No C++ exception leaves these functions.
#ifndef C_TORCH_SHIM_H
#define C_TORCH_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t CTSStatus;
enum {
    CTS_OK = 0,
    /// libtorch refused the operation: shapes, dtypes, devices.
    CTS_ERR_TORCH = 1,
    /// An allocation failed.
    CTS_ERR_OOM = 2,
    /// A NULL handle, an unknown dtype or operation code.
    CTS_ERR_INVALID_ARGUMENT = 3,
    /// Any other C++ exception.
    CTS_ERR_INTERNAL = 4,
    /// A function of the caller failed, with the error that `cts_caller_error` has.
    CTS_ERR_CALLER = 5,
};

/// The message of the last failure on this thread; empty after a success. Never freed by the caller.
const char *cts_last_error_message(void);
/// The version of the libtorch that this was compiled against, "2.13.0"; static.
const char *cts_libtorch_version(void);

/// The version of the libtorch that is loaded, as cts_libtorch_version's, but asked from the library.
void cts_loaded_libtorch_version(int64_t *major, int64_t *minor, int64_t *patch);

typedef struct CTSTensor CTSTensor;
typedef struct CTSGenerator CTSGenerator;

/// Element types; the numbers are this header's own.
typedef int32_t CTSDType;
enum {
    CTS_FLOAT32 = 0,
    CTS_BFLOAT16 = 1,
    CTS_FLOAT16 = 2,
    CTS_FLOAT64 = 3,
    CTS_INT64 = 4,
    CTS_INT32 = 5,
    CTS_UINT8 = 6,
    CTS_BOOL = 7,
};

typedef struct {
    /// 0: CPU, 1: CUDA.
    int32_t type;
    /// Ordinal of the CUDA device; 0 for the CPU.
    int32_t index;
} CTSDevice;

/// A number that keeps its kind, so that an int64 tensor plus an integer stays int64.
typedef struct {
    bool is_integer;
    double real;
    int64_t integer;
} CTSScalar;

/// A list of sizes, dimensions or strides; `data` may be NULL when `count` is 0.
typedef struct {
    const int64_t *data;
    int64_t count;
} CTSIntList;

// ---- Creation -----------------------------------------------------------------------------

/// Copies `sizes`-many elements from `data` into a new CPU tensor.
CTSStatus cts_from_data(const void *data, size_t byte_count, CTSIntList sizes, CTSDType dtype,
                        CTSTensor **out);
/// Wraps memory that somebody else owns; `release(context)` is called once, when the last tensor
/// that shares the storage goes away. If the call fails, `release` is not called.
CTSStatus cts_from_borrowed(void *data, CTSIntList sizes, CTSDType dtype,
                            void (*release)(void *context), void *context, CTSTensor **out);
CTSStatus cts_full(CTSIntList sizes, CTSScalar value, CTSDType dtype, CTSDevice device,
                   CTSTensor **out);
CTSStatus cts_empty(CTSIntList sizes, CTSDType dtype, CTSDevice device, CTSTensor **out);
/// start, start + step, … below end.
CTSStatus cts_arange(CTSScalar start, CTSScalar end, CTSScalar step, CTSDType dtype,
                     CTSDevice device, CTSTensor **out);
CTSStatus cts_random_normal(CTSIntList sizes, CTSDType dtype, CTSGenerator *generator,
                            CTSTensor **out);
CTSStatus cts_random_uniform(CTSIntList sizes, CTSDType dtype, CTSGenerator *generator,
                             CTSTensor **out);

void cts_tensor_free(CTSTensor *tensor);
/// A second handle to the same tensor.
CTSStatus cts_tensor_retain(const CTSTensor *tensor, CTSTensor **out);

// ---- Properties and data ------------------------------------------------------------------

CTSStatus cts_dimension_count(const CTSTensor *tensor, int64_t *out);
/// Writes `dimension_count` sizes to `out`, which has room for `capacity`.
CTSStatus cts_sizes(const CTSTensor *tensor, int64_t *out, int64_t capacity);
CTSStatus cts_dtype(const CTSTensor *tensor, CTSDType *out);
/// How often the tensor's elements, or those of a view of it, were changed in place.
CTSStatus cts_version(const CTSTensor *tensor, int64_t *out);
CTSStatus cts_device(const CTSTensor *tensor, CTSDevice *out);
CTSStatus cts_is_contiguous(const CTSTensor *tensor, bool *out);
/// Copies the elements, row after row, to `out`, which has room for `byte_capacity` bytes; any
/// device, any layout.
CTSStatus cts_copy_data(const CTSTensor *tensor, void *out, size_t byte_capacity);
/// The address of the first element of a contiguous CPU tensor, valid while the handle lives.
CTSStatus cts_data_pointer(const CTSTensor *tensor, void **out);
CTSStatus cts_to_dtype(const CTSTensor *tensor, CTSDType dtype, CTSTensor **out);
CTSStatus cts_to_device(const CTSTensor *tensor, CTSDevice device, CTSTensor **out);
CTSStatus cts_contiguous(const CTSTensor *tensor, CTSTensor **out);
CTSStatus cts_clone(const CTSTensor *tensor, CTSTensor **out);
/// Whether shapes, dtypes and all elements are equal (NaN equals nothing).
CTSStatus cts_equal(const CTSTensor *a, const CTSTensor *b, bool *out);

// ---- Elementwise --------------------------------------------------------------------------

typedef int32_t CTSUnaryOp;
enum {
    CTS_NEG, CTS_ABS, CTS_EXP, CTS_LOG, CTS_SQRT, CTS_RSQRT, CTS_RECIPROCAL, CTS_SIN, CTS_COS,
    CTS_TANH, CTS_SIGMOID, CTS_RELU, CTS_SILU, CTS_GELU, CTS_GELU_TANH, CTS_SOFTPLUS, CTS_SQUARE,
    CTS_FLOOR, CTS_ROUND, CTS_ISFINITE, CTS_LOGICAL_NOT,
};
CTSStatus cts_unary(CTSUnaryOp op, const CTSTensor *a, CTSTensor **out);

typedef int32_t CTSBinaryOp;
enum {
    CTS_ADD, CTS_SUB, CTS_MUL, CTS_DIV, CTS_POW, CTS_FLOOR_DIVIDE, CTS_REMAINDER, CTS_MAXIMUM,
    CTS_MINIMUM, CTS_EQ, CTS_NE, CTS_LT, CTS_LE, CTS_GT, CTS_GE, CTS_LOGICAL_AND, CTS_LOGICAL_OR,
};
CTSStatus cts_binary(CTSBinaryOp op, const CTSTensor *a, const CTSTensor *b, CTSTensor **out);
/// As `cts_binary`, with a number on the right; MAXIMUM and MINIMUM are a clamp.
CTSStatus cts_binary_scalar(CTSBinaryOp op, const CTSTensor *a, CTSScalar b, CTSTensor **out);
CTSStatus cts_where(const CTSTensor *condition, const CTSTensor *a, const CTSTensor *b,
                    CTSTensor **out);
CTSStatus cts_masked_fill(const CTSTensor *a, const CTSTensor *mask, CTSScalar value,
                          CTSTensor **out);

// ---- Reductions ---------------------------------------------------------------------------

typedef int32_t CTSReduceOp;
enum {
    CTS_SUM, CTS_MEAN, CTS_AMAX, CTS_AMIN, CTS_VAR_UNBIASED, CTS_VAR_BIASED, CTS_LOGSUMEXP,
    CTS_NORM2, CTS_ANY, CTS_ALL,
};
/// Reduces `dims`; an empty list means all of them.
CTSStatus cts_reduce(CTSReduceOp op, const CTSTensor *a, CTSIntList dims, bool keep_dims,
                     CTSTensor **out);
CTSStatus cts_argmax(const CTSTensor *a, int64_t dim, bool keep_dim, CTSTensor **out);
CTSStatus cts_cumsum(const CTSTensor *a, int64_t dim, CTSTensor **out);
CTSStatus cts_softmax(const CTSTensor *a, int64_t dim, CTSTensor **out);
CTSStatus cts_log_softmax(const CTSTensor *a, int64_t dim, CTSTensor **out);
CTSStatus cts_topk(const CTSTensor *a, int64_t k, int64_t dim, CTSTensor **out_values,
                   CTSTensor **out_indices);
/// Stable.
CTSStatus cts_sort(const CTSTensor *a, int64_t dim, bool descending, CTSTensor **out_values,
                   CTSTensor **out_indices);

// ---- Shape and indexing -------------------------------------------------------------------

CTSStatus cts_reshape(const CTSTensor *a, CTSIntList sizes, CTSTensor **out);
CTSStatus cts_permute(const CTSTensor *a, CTSIntList dims, CTSTensor **out);
CTSStatus cts_expand(const CTSTensor *a, CTSIntList sizes, CTSTensor **out);
CTSStatus cts_unsqueeze(const CTSTensor *a, int64_t dim, CTSTensor **out);
CTSStatus cts_squeeze(const CTSTensor *a, int64_t dim, CTSTensor **out);
CTSStatus cts_cat(const CTSTensor *const *tensors, int64_t count, int64_t dim, CTSTensor **out);
CTSStatus cts_stack(const CTSTensor *const *tensors, int64_t count, int64_t dim, CTSTensor **out);
CTSStatus cts_slice(const CTSTensor *a, int64_t dim, int64_t start, int64_t end, int64_t step,
                    CTSTensor **out);
CTSStatus cts_select(const CTSTensor *a, int64_t dim, int64_t index, CTSTensor **out);
CTSStatus cts_index_select(const CTSTensor *a, int64_t dim, const CTSTensor *index,
                           CTSTensor **out);
/// A copy of `a` whose entries `index` along `dim` are `source`.
CTSStatus cts_index_copy(const CTSTensor *a, int64_t dim, const CTSTensor *index,
                         const CTSTensor *source, CTSTensor **out);
CTSStatus cts_gather(const CTSTensor *a, int64_t dim, const CTSTensor *index, CTSTensor **out);
CTSStatus cts_scatter(const CTSTensor *a, int64_t dim, const CTSTensor *index,
                      const CTSTensor *source, CTSTensor **out);
CTSStatus cts_repeat_interleave(const CTSTensor *a, int64_t repeats, int64_t dim, CTSTensor **out);
CTSStatus cts_flip(const CTSTensor *a, CTSIntList dims, CTSTensor **out);
/// Zero (constant) padding; `pads` as torch: last dimension first, before and after.
CTSStatus cts_pad(const CTSTensor *a, CTSIntList pads, CTSScalar value, CTSTensor **out);
CTSStatus cts_tril(const CTSTensor *a, int64_t diagonal, CTSTensor **out);
CTSStatus cts_repeat(const CTSTensor *a, CTSIntList repeats, CTSTensor **out);

// ---- Layers -------------------------------------------------------------------------------

CTSStatus cts_matmul(const CTSTensor *a, const CTSTensor *b, CTSTensor **out);
/// x · weightᵀ + bias; `bias` may be NULL.
CTSStatus cts_linear(const CTSTensor *x, const CTSTensor *weight, const CTSTensor *bias,
                     CTSTensor **out);
/// Whether products with weights can go to oneDNN directly.
bool cts_has_onednn(void);
/// Gives large float32 products of `cts_linear` on the CPU to oneDNN, as they are where there is one and
/// nothing else was said, or to libtorch; for the whole process. Fails where there is none. The
/// results are the same but for rounding.
CTSStatus cts_use_onednn(bool used);
bool cts_uses_onednn(void);
/// A copy of `weight`, a float32 or bfloat16 matrix on the CPU, in the order in which oneDNN reads it
/// for products of `rows` rows. It serves `cts_packed_linear` only.
CTSStatus cts_pack_weight(const CTSTensor *weight, int64_t rows, CTSTensor **out);
/// `cts_linear` with a packed weight, while gradients are off; any number of rows.
CTSStatus cts_packed_linear(const CTSTensor *x, const CTSTensor *packed, const CTSTensor *bias,
                            CTSTensor **out);
/// y = x · weightᵀ + bias + scale · (x · Aᵀ) · Bᵀ for x [.., I], A [r, I], B [O, r], with gradients of x,
/// weight, bias, A and B where they require them. Products are made in the type of `weight`: `low` and
/// `high` are A and B in it. `branch` is what the second product sees instead of x; NULL for x.
CTSStatus cts_adapted_linear(const CTSTensor *x, const CTSTensor *branch, const CTSTensor *weight,
                             const CTSTensor *bias, const CTSTensor *a, const CTSTensor *b,
                             const CTSTensor *low, const CTSTensor *high, double scale,
                             CTSTensor **out);
/// y + scale · (x · Aᵀ) · Bᵀ, while gradients are off: the sum that `cts_adapted_linear` makes, to the
/// bit. It is made in y's memory where that is contiguous.
CTSStatus cts_add_low_rank(const CTSTensor *y, const CTSTensor *x, const CTSTensor *a,
                           const CTSTensor *b, double scale, CTSTensor **out);
/// What the hidden states `hidden` [T, C] say of the tokens `targets` [T] (int64): with
/// z = (hidden · headᵀ) / temperature in float32, z_v = -∞ for v in `suppressed` (int64),
/// log softmax(z)[target] and the entropy of softmax(z), both [T], float32.
///
/// `chunk` rows of logits exist at a time; where gradients are recorded their probabilities are kept
/// if all of them have at most `keep_bytes` bytes, and computed again otherwise. The entropy has no
/// gradient. `out_entropies` may be NULL.
CTSStatus cts_token_log_probabilities(const CTSTensor *hidden, const CTSTensor *head,
                                      const CTSTensor *targets, const CTSTensor *suppressed,
                                      double temperature, int64_t chunk, int64_t keep_bytes,
                                      CTSTensor **out_scores, CTSTensor **out_entropies);
CTSStatus cts_embedding(const CTSTensor *weight, const CTSTensor *ids, CTSTensor **out);
CTSStatus cts_layer_norm(const CTSTensor *x, CTSIntList normalized, const CTSTensor *weight,
                         const CTSTensor *bias, double epsilon, CTSTensor **out);
/// x [.., C] / √(mean(x²) + epsilon), statistics in float32, cast back, times `weight` [C].
CTSStatus cts_rms_norm(const CTSTensor *x, const CTSTensor *weight, double epsilon,
                       CTSTensor **out);
/// x · cosines + (-x₂, x₁) · sines for x = (x₁, x₂) [N, heads, D]; `cosines` and `sines` are
/// [N or 1, 1, D], the same in both halves of D, and have no gradient in float32 on the CPU.
CTSStatus cts_rotate_halves(const CTSTensor *x, const CTSTensor *cosines, const CTSTensor *sines,
                            CTSTensor **out);
/// softmax(q·kᵀ·scale + mask)·v; `mask` may be NULL; scale ≤ 0 means 1/√(head size).
CTSStatus cts_attention(const CTSTensor *query, const CTSTensor *key, const CTSTensor *value,
                        const CTSTensor *mask, bool causal, double scale, bool grouped_query,
                        CTSTensor **out);
CTSStatus cts_conv2d(const CTSTensor *x, const CTSTensor *weight, const CTSTensor *bias,
                     int64_t stride, int64_t padding, CTSTensor **out);
CTSStatus cts_conv_transpose2d(const CTSTensor *x, const CTSTensor *weight, const CTSTensor *bias,
                               int64_t stride, CTSTensor **out);
CTSStatus cts_max_pool2d(const CTSTensor *x, int64_t kernel, int64_t stride, CTSTensor **out);

typedef int32_t CTSInterpolation;
enum {
    CTS_NEAREST, CTS_BILINEAR, CTS_BICUBIC, CTS_BILINEAR_ANTIALIAS, CTS_BICUBIC_ANTIALIAS,
};
/// Resizes [B, C, H, W] to [B, C, height, width], align_corners false.
CTSStatus cts_interpolate(const CTSTensor *x, int64_t height, int64_t width, CTSInterpolation mode,
                          CTSTensor **out);

// ---- In place -----------------------------------------------------------------------------

/// Writes `source` into `target` (dtype and device are converted, shapes broadcast).
CTSStatus cts_copy_into(CTSTensor *target, const CTSTensor *source);
CTSStatus cts_fill(CTSTensor *target, CTSScalar value);
/// target += scale · source
CTSStatus cts_add_scaled_into(CTSTensor *target, const CTSTensor *source, CTSScalar scale);
CTSStatus cts_scale_in_place(CTSTensor *target, CTSScalar factor);

// ---- Gradients ----------------------------------------------------------------------------

bool cts_grad_enabled(void);
void cts_set_grad_enabled(bool enabled);
CTSStatus cts_requires_grad(const CTSTensor *tensor, bool *out);
CTSStatus cts_set_requires_grad(CTSTensor *tensor, bool requires_grad);
CTSStatus cts_detach(const CTSTensor *tensor, CTSTensor **out);
/// The gradient, or NULL in `*out` where there is none.
CTSStatus cts_grad(const CTSTensor *tensor, CTSTensor **out);
/// Sets the gradient; NULL removes it.
CTSStatus cts_set_grad(CTSTensor *tensor, const CTSTensor *grad);
/// Accumulates gradients of the leaves; `gradient` is NULL for a scalar.
CTSStatus cts_backward(const CTSTensor *tensor, const CTSTensor *gradient);

/// A part of a network that the caller computes.
typedef struct CTSPart {
    /// Makes the part's output of its input, as a new handle in `*output`, and returns NULL; or returns
    /// an error of the caller's, which `release` lets go of.
    void *(*run)(void *context, const CTSTensor *input, CTSTensor **output);
    /// Lets go of a context or an error, on any thread.
    void (*release)(void *object);
} CTSPart;

/// Runs a part, of whose inner results nothing is kept: it runs without gradients, and once more, with
/// them, when the output's gradient is known. The second run must compute the same. The output requires a
/// gradient while gradients are on. `context` is the part's from now on, also after a failure.
CTSStatus cts_checkpointed(const CTSTensor *x, CTSPart part, void *context, CTSTensor **out);
/// The error of the caller's that the last CTS_ERR_CALLER on this thread was about; it stays until it is
/// forgotten, or the next one.
void *cts_caller_error(void);
void cts_forget_caller_error(void);

// ---- Optimisation -------------------------------------------------------------------------

typedef struct {
    double learning_rate, beta1, beta2, weight_decay, epsilon;
} CTSAdamW;
/// One step of libtorch's fused AdamW over `count` parameters; `steps` are float32 scalars that
/// the step increments.
CTSStatus cts_fused_adamw(CTSTensor *const *parameters, const CTSTensor *const *gradients,
                          CTSTensor *const *exp_avg, CTSTensor *const *exp_avg_sq,
                          CTSTensor *const *steps, int64_t count, CTSAdamW options);
/// How many numbers one sum of squares covers.
#define CTS_SQUARE_SUM_BLOCK 65536
/// The sums of squares of blocks of `CTS_SQUARE_SUM_BLOCK` numbers each, in float64: the first numbers of
/// a tensor in its own order, whatever its strides, then the next, the last block of what is left.
///
/// `out` has room for the blocks of all tensors, one tensor after the other; an empty one has none. On the
/// CPU the bits depend on the block's numbers alone: not on the number of threads, nor on what else is
/// there. Tensors elsewhere are read back together, once.
CTSStatus cts_square_sums(const CTSTensor *const *tensors, int64_t count, double *out);

// ---- Randomness ---------------------------------------------------------------------------

CTSStatus cts_generator_new(CTSDevice device, uint64_t seed, CTSGenerator **out);
void cts_generator_free(CTSGenerator *generator);
CTSStatus cts_generator_state(const CTSGenerator *generator, CTSTensor **out);
CTSStatus cts_generator_set_state(CTSGenerator *generator, const CTSTensor *state);

// ---- Process ------------------------------------------------------------------------------

int32_t cts_thread_count(void);
CTSStatus cts_set_thread_count(int32_t count);
int32_t cts_cuda_device_count(void);

#ifdef __cplusplus
}
#endif
#endif
