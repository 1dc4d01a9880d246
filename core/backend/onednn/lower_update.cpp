// SPDX-License-Identifier: Apache-2.0
// The update: gradients, weights and moments lie at equal offsets of their planes, so a group is one pass
// over memory. Pieces that follow each other in all planes are joined; what is left is split among the
// threads.
#include "core/backend/onednn/lower_steps.h"
#include "core/backend/onednn/parallel.h"
#include <cmath>

namespace loom::onednn {
namespace {

constexpr std::int64_t lineFloats = 16;
constexpr std::int64_t updateGrain = 16384; // elements below which one thread is faster

struct Piece {
  Value weights, gradients, moments0, moments1;
  std::int64_t n = 0;
};

// dst: parameters…, then moments0… and moments1… as far as the optimizer has them.
std::optional<std::vector<Piece>> collect(Lowering& l, const Step& step, int moments) {
  constexpr std::size_t first = 2; // lr, step
  const std::size_t count = step.src.size() - first;
  if (step.dst.size() < count * static_cast<std::size_t>(1 + moments)) return std::nullopt;
  std::vector<Piece> pieces(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto& piece = pieces[i];
    piece.weights = l.value(step.dst[i]);
    if (moments > 0) piece.moments0 = l.value(step.dst[count + i]);
    if (moments > 1) piece.moments1 = l.value(step.dst[2 * count + i]);
    for (const Value& moment : {piece.moments0, piece.moments1})
      if (moment.slot >= 0 && !sameOrder(moment.desc, piece.weights.desc)) return std::nullopt;
    piece.n = (elementsOf(piece.weights.desc) + lineFloats - 1) / lineFloats * lineFloats;
  }
  for (std::size_t i = 0; i < count; ++i)
    pieces[i].gradients = l.to(l.value(step.src[first + i]), pieces[i].weights.desc);
  return pieces;
}

std::vector<UpdateArgs> bindAndJoin(const Binder& binder, const std::vector<Piece>& pieces) {
  const auto at = [&](const Value& value) { return value.slot < 0 ? nullptr : binder.at<float>(value); };
  const auto after = [](const float* p, std::int64_t n) { return p == nullptr ? nullptr : p + n; };
  std::vector<UpdateArgs> joined;
  for (const auto& piece : pieces) {
    const UpdateArgs next{at(piece.weights), at(piece.gradients), at(piece.moments0), at(piece.moments1),
                          piece.n};
    if (!joined.empty()) {
      auto& last = joined.back();
      if (after(last.weights, last.n) == next.weights && after(last.gradients, last.n) == next.gradients &&
          after(last.moments0, last.n) == next.moments0 && after(last.moments1, last.n) == next.moments1) {
        last.n += next.n;
        continue;
      }
    }
    joined.push_back(next);
  }
  return joined;
}

UpdateArgs part(const UpdateArgs& whole, std::int64_t begin, std::int64_t end) {
  const auto shifted = [&](float* p) { return p == nullptr ? nullptr : p + begin; };
  return {whole.weights + begin, whole.gradients + begin, shifted(whole.moments0), shifted(whole.moments1),
          end - begin};
}

template<class Kernel, class Factors>
void update(int threads, const std::vector<UpdateArgs>& pieces, Kernel kernel, const Factors& factors) {
  for (const auto& piece : pieces)
    split(threads, piece.n, updateGrain, lineFloats,
          [&](std::int64_t begin, std::int64_t end) { kernel(part(piece, begin, end), factors); });
}

void record(Lowering& l, const Step& step, const std::vector<Piece>& pieces, const Value& lr,
            const Value& count, Bind bind) {
  std::vector<Value> touches = {lr, count};
  for (const auto& piece : pieces)
    for (const Value& value : {piece.weights, piece.gradients, piece.moments0, piece.moments1})
      touches.push_back(value);
  l.call(touches, std::move(bind));
  for (std::size_t i = 0; i < step.dst.size(); ++i) l.finish(step.dst[i], l.value(step.dst[i]));
}

} // namespace

bool lowerSgd(Lowering& l, const Step& step) {
  const auto momentum = static_cast<float>(step.attrs.getDouble("momentum", 0));
  const auto pieces = collect(l, step, momentum > 0 ? 1 : 0);
  if (!pieces) return false;
  const Value lr = l.value(step.src[0]), count = l.value(step.src[1]);
  const auto dampening = static_cast<float>(step.attrs.getDouble("dampening", 0));
  const auto decay = static_cast<float>(step.attrs.getDouble("weight_decay", 0));
  const double share = step.attrs.getDouble("lr_scale", 1);
  const auto* kernels = l.kernels().optim;
  const auto kernel =
      momentum <= 0 ? kernels->sgd : (step.attrs.getBool("nesterov") ? kernels->nesterov : kernels->momentum);
  record(l, step, *pieces, lr, count,
         [=, pieces = *pieces, threads = l.threads()](const Binder& binder) -> Action {
           const float* rate = binder.at<float>(lr);
           const std::int32_t* steps = binder.at<std::int32_t>(count);
           return [=, args = bindAndJoin(binder, pieces)] {
             const bool first = *steps <= 1;
             update(threads, args, kernel,
                    SgdFactors{static_cast<float>(*rate * share), decay, momentum, first ? 0.f : momentum,
                               first ? 1.f : 1.f - dampening});
           };
         });
  return true;
}

bool lowerAdam(Lowering& l, const Step& step) {
  const auto pieces = collect(l, step, 2);
  if (!pieces) return false;
  const Value lr = l.value(step.src[0]), count = l.value(step.src[1]);
  const bool decoupled = step.op->name == "adamw";
  const double beta1 = step.attrs.getDouble("beta1", 0.9), beta2 = step.attrs.getDouble("beta2", 0.999);
  const double decay = step.attrs.getDouble("weight_decay", decoupled ? 0.01 : 0);
  const auto eps = static_cast<float>(step.attrs.getDouble("eps", 1e-8));
  const double share = step.attrs.getDouble("lr_scale", 1);
  const auto kernel = l.kernels().optim->adam;
  record(l, step, *pieces, lr, count,
         [=, pieces = *pieces, threads = l.threads()](const Binder& binder) -> Action {
           const float* rate = binder.at<float>(lr);
           const std::int32_t* steps = binder.at<std::int32_t>(count);
           return [=, args = bindAndJoin(binder, pieces)] {
             const double now = static_cast<double>(*rate) * share, t = static_cast<double>(*steps);
             const AdamFactors factors{.lr = static_cast<float>(now / (1 - std::pow(beta1, t))),
                                       .shrink = decoupled ? static_cast<float>(1 - now * decay) : 1.f,
                                       .decay = decoupled ? 0.f : static_cast<float>(decay),
                                       .beta1 = static_cast<float>(beta1),
                                       .beta2 = static_cast<float>(beta2),
                                       .root = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, t))),
                                       .eps = eps};
             update(threads, args, kernel, factors);
           };
         });
  return true;
}

} // namespace loom::onednn
