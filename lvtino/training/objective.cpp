#include "lvtino/training/objective.hpp"

#include <c10/core/GradMode.h>

#include "lvtino/core/compute_device.hpp"

namespace lvtino::training {
namespace {

// Mean over the clips of the mean square of each, weighted by its noise level.
Tensor weighted_distance(const Tensor& a, const Tensor& b, const std::vector<double>& sigmas) {
  if (sigmas.size() == 1) {
    const double weight = 1 / nn::output_gain(sigmas[0]);
    return at::mean(at::square(at::sub(a, b))).mul(weight * weight);
  }
  std::vector<double> weights;
  for (double sigma : sigmas) weights.push_back(std::pow(nn::output_gain(sigma), -2));
  return at::mean(at::square(at::sub(a, b)).mul(nn::frames_of(weights, a)));
}

Tensor normal_like(const Tensor& frames, const Rng& rng) {
  if (frames.is_cpu()) return rng.normal(shape_of(frames), {});
  return device_normal(shape_of(frames), placement_of(frames),
                       std::uint64_t(rng.below(std::int64_t(1) << 62)));
}

Tensor add_noise(const Tensor& z, double sigma, const Rng& rng) {
  return normal_like(z, rng).mul_(sigma).add_(z);
}

Tensor add_noise(const ExampleBatch& batch, const std::vector<double>& sigmas) {
  const auto clips = batch.frames.chunk(std::int64_t(sigmas.size()));
  std::vector<Tensor> noisy;
  for (std::size_t i = 0; i < sigmas.size(); ++i)
    noisy.push_back(add_noise(clips[i], sigmas[i], batch.rngs[i].fork("noise")));
  return noisy.size() == 1 ? noisy[0] : at::cat(noisy);
}

double uniform(const Rng& rng) { return rng.uniform({1}, {at::kDouble}).item<double>(); }

}  // namespace

std::vector<double> distillation_levels(const nn::NoiseRange& range, std::int64_t count) {
  std::vector<double> levels = {0};
  for (std::int64_t i = 0; i < count; ++i)
    levels.push_back(range.low * std::pow(range.high / range.low, double(i) / double(count - 1)));
  return levels;
}

Tensor teacher_loss(const nn::ConsistencyNetwork& network, const ExampleBatch& batch,
                    at::ScalarType compute) {
  std::vector<double> sigmas;
  for (const Rng& rng : batch.rngs)
    sigmas.push_back(network.range.low *
                     std::pow(network.range.high / network.range.low, uniform(rng.fork("level"))));
  const Tensor x = add_noise(batch, sigmas);
  return weighted_distance(network.denoise(x, sigmas, compute), batch.frames, sigmas);
}

Tensor flow_step(const nn::ConsistencyNetwork& teacher, const Tensor& x,
                 const std::vector<double>& from, const std::vector<double>& to,
                 at::ScalarType compute) {
  // x + a slope(x; from) + b slope(x + (to - from) slope; to): Heun's a = b, Euler's b = 0.
  std::vector<double> over_from, over_to, whole, first, second;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double step = to[i] - from[i];
    over_from.push_back(1 / from[i]);
    over_to.push_back(to[i] > 0 ? 1 / to[i] : 0);
    whole.push_back(step);
    first.push_back(to[i] > 0 ? step / 2 : step);
    second.push_back(to[i] > 0 ? step / 2 : 0);
  }
  const auto times = [&](const Tensor& value, const std::vector<double>& factors) {
    return value.mul(nn::frames_of(factors, value));
  };
  const Tensor slope = times(x - teacher.denoise(x, from, compute), over_from);
  if (std::all_of(to.begin(), to.end(), [](double level) { return level == 0; }))
    return x + times(slope, whole);
  const Tensor euler = x + times(slope, whole);
  const Tensor next = times(euler - teacher.denoise(euler, to, compute), over_to);
  return x + times(slope, first) + times(next, second);
}

Tensor student_loss(const nn::ConsistencyNetwork& student, const nn::ConsistencyNetwork& teacher,
                    const ExampleBatch& batch, const std::vector<double>& levels,
                    at::ScalarType compute) {
  std::vector<double> from, to;
  for (const Rng& rng : batch.rngs) {
    const auto n = std::size_t(1 + rng.fork("level").below(std::int64_t(levels.size()) - 1));
    from.push_back(levels[n]), to.push_back(levels[n - 1]);
  }
  const Tensor x = add_noise(batch, from);
  Tensor target;
  {
    const c10::AutoGradMode no_gradients(false);
    target = flow_step(teacher, x, from, to, compute);
    // f(x; 0) = x, also of the clips of a batch that are there already.
    if (std::any_of(to.begin(), to.end(), [](double level) { return level > 0; }))
      target = student.denoise(target, to, compute);
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
      error += squared_distance(clean.clamp(-1, 1).cpu(), clips[i].cpu());
      count += double(clean.numel());
      if (teacher) {
        const Tensor further = flow_step(*teacher, x, {sigma}, {sigma / 2}, compute);
        gap += squared_distance(clean.cpu(), network.denoise(further, sigma / 2, compute).cpu());
      }
    }
    // Latents span 2, pixels 1.
    rows.push_back({sigma, -10 * std::log10(error / count / 4), std::sqrt(gap / count) / sigma});
  }
  return rows;
}

}  // namespace lvtino::training
