// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_reference.h"
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <utility>

namespace loom {
namespace {

// clang-format off
constexpr std::pair<std::string_view, std::string_view> notes[] = {
    {"adam",
     "In place: the parameters, moments0 and moments1. step[1] i32 counts from 1; lr_scale is this step's share of lr."},
    {"adamw", "As adam, with decoupled decay."},
    {"adaptive_avg_pool2d_backward", "input is the H, W of src."},
    {"add", "All srcs have the same dims. Also sums the contributions to one gradient."},
    {"avg_pool2d_backward", "input is the H, W of src."},
    {"batch_norm",
     "src[N, C, ..], everything else [C]; num_batches_tracked[1] is i32. The running ones are updated in place; their variance is unbiased."},
    {"bce_with_logits_loss",
     "src[N, K], target[N, K] -> loss[1], dst[N, K], correct[1]: rows that are right at 0 in every column."},
    {"conv2d", "src[N, C, H, W], weights[O, C/groups, kh, kw], bias[O]."},
    {"conv2d_backward_data", "input is the H, W of src."},
    {"conv2d_backward_weights", "kernel is kh, kw."},
    {"cross_entropy",
     "src[N, C], label[N] i32 -> loss[1], dst[N, C], correct[1]: how many rows have their largest value at the label, the first of equals."},
    {"dropout",
     "random[4] i32: the seed's low and high half, the epoch, 0. sample[N] i32. stream is the node's id. Element e of sample s is kept when randomUniform({seed, stream, epoch}, s, e) >= p."},
    {"gelu", "approximate is none or tanh."},
    {"linear", "src[.., I], weights[O, I], bias[O] -> dst[.., O]."},
    {"max_pool2d", "workspace is i32."},
    {"max_pool2d_backward", "input is the H, W of src."},
    {"mse_loss", "src[N, ..] and target alike; the mean is over all elements."},
    {"reshape", "The first entry of shape may be -1: N stays. A backend may let dst alias src."},
    {"sgd",
     "In place: the parameters, then their moments0 when momentum > 0. step[1] i32 counts from 1; lr_scale is this step's share of lr."},
};
// clang-format on

} // namespace

std::string_view opNotes(std::string_view op) {
  for (const auto& [name, text] : notes)
    if (name == op) return text;
  return {};
}

std::string opsMarkdown() {
  std::string text = "# Ops\n\nWhat a plan's steps are made of. Names and notation are oneDNN's. `?` marks a "
                     "tensor that may be "
                     "absent, `*` one or more. Attributes are those that the op's own cases use.\n";
  for (const OpSpec* op : opTable()) {
    std::set<std::string> attributes;
    for (const OpCase& one : op->cases())
      for (const auto& [name, value] : one.attrs) attributes.insert(name);
    text += fmt::format("\n## {}\n\n    {}\n\n{} → {}.", op->name, op->summary, op->srcs, op->dsts);
    if (!attributes.empty()) text += fmt::format(" Attributes: {}.", fmt::join(attributes, ", "));
    if (op->gradient == nullptr) text += " Without a gradient.";
    if (const auto notes = opNotes(op->name); !notes.empty()) text += fmt::format(" {}", notes);
    text += "\n";
  }
  return text;
}

} // namespace loom
