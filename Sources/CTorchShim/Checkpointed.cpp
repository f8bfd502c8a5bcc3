// A part of a network whose inner results are not kept for the gradient, but made again.
#include "Boundary.hpp"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <ATen/ops/empty.h>

using namespace cts;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

namespace {
/// The caller's part of a network, let go of when nothing needs it any more.
class Part : public torch::CustomClassHolder {
public:
    Part(CTSPart functions, void *context) : functions_(functions), context_(context) {}
    Part(const Part &) = delete;
    Part &operator=(const Part &) = delete;
    ~Part() override { functions_.release(context_); }

    at::Tensor operator()(const at::Tensor &x) const {
        const CTSTensor input{x};
        CTSTensor *output = nullptr;
        void *error = functions_.run(context_, &input, &output);
        if (error != nullptr) {
            throw CallerError(std::shared_ptr<void>(error, functions_.release));
        }
        const std::unique_ptr<CTSTensor> owned(output);
        return deref(output).value;
    }

private:
    CTSPart functions_;
    void *context_;
};

struct Checkpointed : torch::autograd::Function<Checkpointed> {
    /// `anchor` requires a gradient whether x does or not: parameters of the part may.
    static Variable forward(AutogradContext *context, const Variable &x, const Variable &,
                            const c10::intrusive_ptr<Part> &part) {
        context->save_for_backward({x});
        context->saved_data["part"] = c10::IValue::make_capsule(part);
        const auto input = x.detach();
        auto output = (*part)(input);
        // An input that comes out as it went in would be taken for one that is changed in place.
        return output.is_same(input) ? output.alias() : output;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto x = context->get_saved_variables()[0].detach();
        const auto part = c10::static_intrusive_pointer_cast<Part>(
            context->saved_data["part"].toCapsule());
        x.set_requires_grad(context->needs_input_grad(0));
        {
            const c10::AutoGradMode withGradients(true);
            const auto output = (*part)(x);
            if (output.requires_grad()) {
                torch::autograd::backward({output}, {gradients[0]});
            }
        }
        return {x.grad(), at::Tensor(), at::Tensor()};
    }
};
} // namespace

CTSStatus cts_checkpointed(const CTSTensor *x, CTSPart functions, void *context, CTSTensor **out) {
    return produce(out, [&] {
        const auto part = c10::make_intrusive<Part>(functions, context);
        if (!c10::GradMode::is_enabled()) {
            return (*part)(in(x));
        }
        const auto anchor = at::empty({0}, in(x).options().dtype(c10::ScalarType::Float))
                                .set_requires_grad(true);
        return Checkpointed::apply(in(x), anchor, part);
    });
}

void *cts_caller_error(void) { return lastCallerError().get(); }
void cts_forget_caller_error(void) { lastCallerError().reset(); }
