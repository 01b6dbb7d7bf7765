#include "lvtino/training/objective.hpp"

#include <c10/core/GradMode.h>

namespace lvtino::training {
namespace {

Tensor weighted_distance(const Tensor& a, const Tensor& b, double sigma) {
  const double weight = 1 / nn::output_gain(sigma);
  return at::mean(at::square(at::sub(a, b))).mul(weight * weight);
}

Tensor add_noise(const Tensor& z, double sigma, const Rng& rng) {
  return rng.normal(shape_of(z), {}).mul_(sigma).add_(z);
}

double uniform(const Rng& rng) { return rng.uniform({1}, {at::kDouble}).item<double>(); }

}  // namespace

std::vector<double> distillation_levels(const nn::NoiseRange& range, std::int64_t count) {
  std::vector<double> levels = {0};
  for (std::int64_t i = 0; i < count; ++i)
    levels.push_back(range.low * std::pow(range.high / range.low, double(i) / double(count - 1)));
  return levels;
}

Tensor teacher_loss(const nn::ConsistencyNetwork& network, const Tensor& z, at::ScalarType compute,
                    const Rng& rng) {
  const double sigma = network.range.low *
                       std::pow(network.range.high / network.range.low, uniform(rng.fork("level")));
  const Tensor x = add_noise(z, sigma, rng.fork("noise"));
  return weighted_distance(network.denoise(x, sigma, compute), z, sigma);
}

Tensor flow_step(const nn::ConsistencyNetwork& teacher, const Tensor& x, double from, double to,
                 at::ScalarType compute) {
  const Tensor slope = (x - teacher.denoise(x, from, compute)).div_(from);
  const Tensor euler = at::add(x, slope, to - from);
  if (to == 0) return euler;
  const Tensor next = (euler - teacher.denoise(euler, to, compute)).div_(to);
  return at::add(x, slope.add_(next), (to - from) / 2);
}

Tensor student_loss(const nn::ConsistencyNetwork& student, const nn::ConsistencyNetwork& teacher,
                    const Tensor& z, const std::vector<double>& levels, at::ScalarType compute,
                    const Rng& rng) {
  const auto n = std::size_t(1 + rng.fork("level").below(std::int64_t(levels.size()) - 1));
  const double from = levels[n], to = levels[n - 1];
  const Tensor x = add_noise(z, from, rng.fork("noise"));
  Tensor target;
  {
    const c10::AutoGradMode no_gradients(false);
    target = flow_step(teacher, x, from, to, compute);
    if (to > 0) target = student.denoise(target, to, compute);
  }
  return weighted_distance(student.denoise(x, from, compute), target, from);
}

std::vector<ValidationRow> validate(const nn::ConsistencyNetwork& network,
                                    const nn::ConsistencyNetwork* teacher,
                                    const std::vector<Tensor>& clips,
                                    const std::vector<double>& sigmas, at::ScalarType compute) {
  const c10::AutoGradMode no_gradients(false);
  std::vector<ValidationRow> rows;
  for (double sigma : sigmas) {
    double error = 0, gap = 0, count = 0;
    for (std::size_t i = 0; i < clips.size(); ++i) {
      const Tensor x = add_noise(clips[i], sigma, Rng(0).fork("validation noise", std::int64_t(i)));
      const Tensor clean = network.denoise(x, sigma, compute);
      error += squared_distance(clean.clamp(-1, 1), clips[i]);
      count += double(clean.numel());
      if (teacher) {
        const Tensor further = flow_step(*teacher, x, sigma, sigma / 2, compute);
        gap += squared_distance(clean, network.denoise(further, sigma / 2, compute));
      }
    }
    // Latents span 2, pixels 1.
    rows.push_back({sigma, -10 * std::log10(error / count / 4), std::sqrt(gap / count) / sigma});
  }
  return rows;
}

}  // namespace lvtino::training
