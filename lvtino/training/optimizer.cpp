#include "lvtino/training/optimizer.hpp"

#include <c10/core/GradMode.h>

#include "lvtino/core/error.hpp"

namespace lvtino::training {
namespace {

std::vector<Tensor> values(const nn::NamedTensors& named) {
  std::vector<Tensor> out;
  for (const auto& [name, value] : named) out.push_back(value);
  return out;
}

nn::NamedTensors copies(const nn::NamedTensors& named) {
  nn::NamedTensors out;
  for (const auto& [name, value] : named) out[name] = value.detach().to(at::kFloat).clone();
  return out;
}

nn::NamedTensors zeros(const nn::NamedTensors& named) {
  nn::NamedTensors out;
  for (const auto& [name, value] : named) out[name] = at::zeros_like(value);
  return out;
}

void add_prefixed(nn::NamedTensors& out, const std::string& prefix, const nn::NamedTensors& named) {
  for (const auto& [name, value] : named) out[prefix + name] = value.detach().cpu();
}

nn::NamedTensors with_prefix(const nn::NamedTensors& saved, const std::string& prefix) {
  nn::NamedTensors out;
  for (const auto& [name, value] : saved)
    if (name.rfind(prefix, 0) == 0) out[name.substr(prefix.size())] = value;
  return out;
}

void collect_gradients(const nn::NamedTensors& parameters) {
  for (const auto& [name, value] : parameters) {
    const Tensor& leaf = value;
    leaf.set_requires_grad(true);
  }
}

}  // namespace

TrainingState::TrainingState(const nn::NamedTensors& parameters)
    : parameters_(copies(parameters)),
      average_(copies(parameters)),
      moment1_(zeros(parameters_)),
      moment2_(zeros(parameters_)) {
  collect_gradients(parameters_);
}

double TrainingState::step(const Rates& rates) {
  const c10::AutoGradMode no_gradients(false);
  std::vector<Tensor> leaves = values(parameters_), gradients, first, second, counts;
  for (const auto& [name, value] : parameters_) {
    gradients.push_back(value.grad().defined() ? value.grad().clone() : at::zeros_like(value));
    value.mutable_grad() = Tensor();
  }
  const double norm = at::stack(at::_foreach_norm(gradients)).norm().item<double>();
  if (!std::isfinite(norm)) return norm;
  if (norm > rates.longest_gradient) at::_foreach_mul_(gradients, rates.longest_gradient / norm);
  ++steps_;
  for (std::size_t i = 0; i < leaves.size(); ++i)
    counts.push_back(at::full({}, double(steps_), leaves[i].options().requires_grad(false)));
  first = values(moment1_), second = values(moment2_);
  at::_fused_adamw_(leaves, gradients, first, second, {}, counts, rates.learning_rate, 0.9, 0.99,
                    0.0, 1e-8, false, false);
  const double n = double(steps_), decay = std::min(rates.average_decay, (1 + n) / (10 + n));
  at::_foreach_lerp_(values(average_), leaves, 1 - decay);
  return norm;
}

void TrainingState::save(nn::NamedTensors& out) const {
  add_prefixed(out, "parameters/", parameters_);
  add_prefixed(out, "average/", average_);
  add_prefixed(out, "moment1/", moment1_);
  add_prefixed(out, "moment2/", moment2_);
}

TrainingState TrainingState::restore(const nn::NamedTensors& saved, std::int64_t steps) {
  TrainingState out(with_prefix(saved, "parameters/"));
  for (auto [prefix, member] : {std::pair{"average/", &out.average_},
                                {"moment1/", &out.moment1_},
                                {"moment2/", &out.moment2_}}) {
    *member = copies(with_prefix(saved, prefix));
    for (const auto& [name, value] : out.parameters_)
      if (!member->contains(name) || !member->at(name).sizes().equals(value.sizes()))
        throw IoError(
            text("checkpoint: no tensor ", prefix, name, " of shape ", to_string(shape_of(value))));
  }
  out.steps_ = steps;
  return out;
}

}  // namespace lvtino::training
