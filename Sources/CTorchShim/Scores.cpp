// The log-probabilities of given tokens, without the logits of all positions at once.
#include "Boundary.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <limits>
#include <utility>

using namespace cts;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

namespace {
/// Everything but the tensors that have gradients.
struct Settings {
    at::Tensor targets, suppressed;
    double temperature = 1;
    int64_t chunk = 1, keepBytes = 0;
    bool wantsEntropies = false;
};

/// Log-probabilities [chunk, V], float32, of rows of hidden states.
at::Tensor distribution(const at::Tensor &hidden, const at::Tensor &head, const Settings &settings) {
    auto logits = cts::linear(hidden, head, std::nullopt).to(c10::ScalarType::Float);
    if (settings.temperature != 1) {
        logits.div_(settings.temperature);
    }
    if (settings.suppressed.numel() > 0) {
        logits.index_fill_(-1, settings.suppressed, -std::numeric_limits<double>::infinity());
    }
    return at::log_softmax(logits, -1);
}

at::Tensor rows(const at::Tensor &x, int64_t start, int64_t chunk) {
    return x.narrow(0, start, std::min(chunk, x.size(0) - start));
}

/// -Σ p log p of each row; overwrites the suppressed columns of `all`, where p is 0.
at::Tensor entropies(const at::Tensor &probabilities, at::Tensor &all, const Settings &settings) {
    if (settings.suppressed.numel() > 0) {
        all.index_fill_(-1, settings.suppressed, 0.0);
    }
    // A logit of -∞ of its own has probability 0 too.
    all.clamp_(-1e30);
    return at::bmm(probabilities.unsqueeze(1), all.unsqueeze(2)).reshape({-1}).neg();
}

struct Forward {
    at::Tensor scores, entropies;
    /// Probabilities of each chunk, where they are kept.
    variable_list kept;
};

Forward forward(const at::Tensor &hidden, const at::Tensor &head, const Settings &settings,
                bool keeps) {
    const c10::AutoGradMode noGradients(false);
    variable_list scores, sums;
    Forward result;
    for (int64_t start = 0; start < hidden.size(0); start += settings.chunk) {
        auto all = distribution(rows(hidden, start, settings.chunk), head, settings);
        const auto targets = rows(settings.targets, start, settings.chunk).unsqueeze(1);
        scores.push_back(all.gather(1, targets).squeeze(1));
        if (!keeps && !settings.wantsEntropies) {
            continue;
        }
        const auto probabilities = all.exp();
        if (settings.wantsEntropies) {
            sums.push_back(entropies(probabilities, all, settings));
        }
        if (keeps) {
            result.kept.push_back(probabilities);
        }
    }
    const auto none = at::empty({0}, hidden.options().dtype(c10::ScalarType::Float));
    result.scores = scores.empty() ? none : at::cat(scores);
    result.entropies = sums.empty() ? none : at::cat(sums);
    return result;
}

struct TokenScores : torch::autograd::Function<TokenScores> {
    static variable_list forward(AutogradContext *context, const Variable &hidden,
                                 const Variable &head, const Settings *settings) {
        const int64_t bytes = hidden.size(0) * head.size(0) * 4;
        const bool keeps = bytes <= settings->keepBytes;
        auto result = ::forward(hidden, head, *settings, keeps);
        variable_list saved = {hidden, head, settings->targets, settings->suppressed};
        context->save_for_backward(std::move(saved));
        context->saved_data["temperature"] = settings->temperature;
        context->saved_data["chunk"] = settings->chunk;
        context->saved_data["kept"] = c10::List<at::Tensor>(result.kept);
        context->mark_non_differentiable({result.entropies});
        return {result.scores, result.entropies};
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const c10::AutoGradMode noGradients(false);
        const auto saved = context->get_saved_variables();
        const auto &hidden = saved[0], &head = saved[1];
        Settings settings;
        settings.targets = saved[2];
        settings.suppressed = saved[3];
        settings.temperature = context->saved_data["temperature"].toDouble();
        settings.chunk = context->saved_data["chunk"].toInt();
        // Each chunk's are overwritten below: nothing else may hold them.
        auto kept = std::exchange(context->saved_data["kept"], c10::List<at::Tensor>())
                        .toTensorVector();
        variable_list toHidden;
        at::Tensor toHead;
        if (context->needs_input_grad(1)) {
            // Sums of several chunks, which bfloat16 would round each time.
            toHead = at::zeros(head.sizes(), head.options().dtype(c10::ScalarType::Float));
        }
        for (int64_t start = 0, index = 0; start < hidden.size(0);
             start += settings.chunk, ++index) {
            const auto states = rows(hidden, start, settings.chunk);
            auto slope = kept.empty() ? distribution(states, head, settings).exp_()
                                      : std::move(kept[static_cast<size_t>(index)]);
            // d log p(target) / dz = [target] - p, and z is divided by the temperature.
            const auto factor = rows(gradients[0], start, settings.chunk)
                                    .to(c10::ScalarType::Float)
                                    .div(settings.temperature)
                                    .unsqueeze(1);
            slope.mul_(factor.neg());
            slope.scatter_add_(1, rows(settings.targets, start, settings.chunk).unsqueeze(1), factor);
            const auto narrow = slope.to(head.scalar_type());
            if (context->needs_input_grad(0)) {
                toHidden.push_back(cts::linear(narrow, head.t(), std::nullopt).to(hidden.scalar_type()));
            }
            if (toHead.defined()) {
                add(toHead, narrow, states.to(head.scalar_type()));
            }
            slope.reset();
        }
        return {toHidden.empty() ? at::Tensor() : at::cat(toHidden),
                toHead.defined() ? toHead.to(head.scalar_type()) : toHead, at::Tensor()};
    }

    /// sum += slopeᵀ · states
    static void add(at::Tensor &sum, const at::Tensor &slope, const at::Tensor &states) {
        if (slope.scalar_type() == sum.scalar_type()) {
            sum.addmm_(slope.t(), states);
        } else {
            sum.add_(slope.t().matmul(states));
        }
    }
};
} // namespace

CTSStatus cts_token_log_probabilities(const CTSTensor *hidden, const CTSTensor *head,
                                      const CTSTensor *targets, const CTSTensor *suppressed,
                                      double temperature, int64_t chunk, int64_t keep_bytes,
                                      CTSTensor **out_scores, CTSTensor **out_entropies) {
    return guard([&] {
        deref(out_scores);
        if (in(hidden).dim() != 2 || in(head).dim() != 2 || in(targets).dim() != 1 ||
            in(hidden).size(0) != in(targets).size(0) || chunk < 1 || !(temperature > 0)) {
            throw std::invalid_argument("scores need [T, C], [V, C], [T] and a temperature above 0");
        }
        Settings settings;
        settings.targets = in(targets);
        settings.suppressed = in(suppressed);
        settings.temperature = temperature;
        settings.chunk = chunk;
        settings.keepBytes = keep_bytes;
        settings.wantsEntropies = out_entropies != nullptr;
        const bool records =
            c10::GradMode::is_enabled() && (in(hidden).requires_grad() || in(head).requires_grad());
        at::Tensor scores, entropies;
        if (records) {
            auto both = TokenScores::apply(in(hidden), in(head), &settings);
            scores = both[0];
            entropies = both[1];
        } else {
            auto result = forward(in(hidden), in(head), settings, false);
            scores = result.scores;
            entropies = result.entropies;
        }
        if (out_entropies != nullptr) {
            *out_entropies = new CTSTensor{entropies};
        }
        *out_scores = new CTSTensor{scores};
    });
}
