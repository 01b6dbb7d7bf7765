#include "priors/spectrum_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>

#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

// Variance of rounding to 8 bits. It is added to both sides: what lies below is not in the clips.
constexpr double kRounding = 1 / (12.0 * 255 * 255);

struct Bin {
  double power = 0, space = 0, time = 0;  // sums of c, f_h^2 + f_w^2 and f_t^2
  double count = 0;
};
using Bins = std::map<std::pair<int, int>, Bin>;

double level_of(const std::vector<Tensor>& clips) {
  double sum = 0, count = 0;
  for (const Tensor& clip : clips) {
    if (clip.dim() != 5 || clip.numel() == 0)
      throw ShapeError(text("fit_power_law: expected clips [N, C, T, H, W], got ", describe(clip)));
    if (count_non_finite(clip))
      throw NumericalError(
          text("fit_power_law: a clip has pixels that are not finite: ", describe(clip)));
    sum += mean_value(clip) * double(clip.numel()), count += double(clip.numel());
  }
  if (count == 0) throw ShapeError("fit_power_law: expected at least one clip");
  return sum / count;
}

// Mean squared DCT coefficients of a clip: [T, H, W] for videos, [1, H, W] for images.
Tensor measured_power(const Tensor& clip, double level, bool video) {
  const Placement exact = {at::kDouble, at::kCPU};
  Tensor z = (clip.to(exact.options()) - level).contiguous();
  for (std::int64_t axis = video ? 2 : 3; axis < 5; ++axis)
    z = axis_product(dct_matrix(z.size(axis), exact), z, axis);
  z.mul_(z);
  const Tensor mean =
      video ? z.mean(at::IntArrayRef{0, 1}) : z.mean(at::IntArrayRef{0, 1, 2}).unsqueeze(0);
  return mean.contiguous();
}

int third_octave(double squared_frequency) {
  return squared_frequency == 0 ? -1000 : int(std::floor(1.5 * std::log2(squared_frequency)));
}

void add_to_bins(const Tensor& power, Bins& bins) {
  const std::int64_t frames = power.size(0), height = power.size(1), width = power.size(2);
  const double* c = power.const_data_ptr<double>();
  const auto squared = [](std::int64_t k, std::int64_t n) {
    const double f = double(k) / double(2 * n);
    return f * f;
  };
  for (std::int64_t t = 0; t < frames; ++t)
    for (std::int64_t h = 0; h < height; ++h)
      for (std::int64_t w = 0; w < width; ++w, ++c) {
        const double space = squared(h, height) + squared(w, width), time = squared(t, frames);
        Bin& bin = bins[{third_octave(space), third_octave(time)}];
        bin.power += *c, bin.space += space, bin.time += time, bin.count += 1;
      }
}

// ln power, exponent, ln corner, ln floor, ln speed, decay. Images do without the last two.
using Parameters = std::array<double, 6>;

struct Problem {
  std::vector<Bin> bins;  // averages
  Bin level;              // the coefficient of the level, which counts in the total variance only
  double total = 0;       // sum of all squared coefficients
  double least_corner = 0;
  std::size_t size = 6;

  PowerLaw law(const Parameters& p) const {
    return {.power = std::exp(p[0]),
            .exponent = std::clamp(p[1], 0.5, 8.0),
            .corner = std::clamp(std::exp(p[2]), least_corner, 0.2),
            .speed = size == 6 ? std::clamp(std::exp(p[4]), 1e-2, 1e2) : 1,
            .decay = size == 6 ? std::clamp(p[5], 0.0, 8.0) : 0,
            .floor = std::clamp(std::exp(p[3]), 0.01 * kRounding, 1.0)};
  }
  // The variance of ln of an average of n squared normals is about 2 / n; .1 stands for what the
  // form itself misses.
  static double weight(const Bin& bin) { return 1 / (2 / bin.count + 0.1); }
  static double residual(const Bin& bin, const PowerLaw& law) {
    return std::log((bin.power + kRounding) /
                    (law.at(std::sqrt(bin.time), std::sqrt(bin.space), 0) + kRounding));
  }
  double loss(const Parameters& p) const {
    const PowerLaw trial = law(p);
    double sum = 0, expected = level.count * trial.at(0, 0, 0);
    for (const Bin& bin : bins) {
      const double r = std::abs(residual(bin, trial));
      sum += weight(bin) * (r < 1 ? 0.5 * r * r : r - 0.5);
      expected += bin.count * trial.at(std::sqrt(bin.time), std::sqrt(bin.space), 0);
    }
    // The lowest frequencies hold most of the variance in few coefficients. Without this term the
    // bins would leave the corner, and with it the variance of a pixel, open.
    return sum + double(bins.size()) * std::pow(std::log(total / expected), 2);
  }
};

// Nelder and Mead's simplex, with its usual coefficients, from `start` with edges of length `edge`.
Parameters minimise(const Problem& problem, const Parameters& start, double edge) {
  const std::size_t n = problem.size;
  struct Vertex {
    Parameters at;
    double loss;
  };
  std::vector<Vertex> simplex = {{start, problem.loss(start)}};
  for (std::size_t i = 0; i < n; ++i) {
    Parameters p = start;
    p[i] += edge;
    simplex.push_back({p, problem.loss(p)});
  }
  const auto better = [](const Vertex& a, const Vertex& b) { return a.loss < b.loss; };
  for (int iteration = 0; iteration < 2000; ++iteration) {
    std::stable_sort(simplex.begin(), simplex.end(), better);
    if (simplex[n].loss - simplex[0].loss <= 1e-12 * simplex[0].loss) break;
    Parameters centre{};
    for (std::size_t v = 0; v < n; ++v)
      for (std::size_t i = 0; i < n; ++i) centre[i] += simplex[v].at[i] / double(n);
    const auto moved = [&](double step) {
      Parameters p{};
      for (std::size_t i = 0; i < n; ++i) p[i] = centre[i] + step * (simplex[n].at[i] - centre[i]);
      return Vertex{p, problem.loss(p)};
    };
    const Vertex reflected = moved(-1);
    if (reflected.loss < simplex[0].loss) {
      const Vertex expanded = moved(-2);
      simplex[n] = better(expanded, reflected) ? expanded : reflected;
    } else if (reflected.loss < simplex[n - 1].loss) {
      simplex[n] = reflected;
    } else {
      const Vertex contracted = moved(reflected.loss < simplex[n].loss ? -0.5 : 0.5);
      if (contracted.loss < std::min(reflected.loss, simplex[n].loss)) {
        simplex[n] = contracted;
        continue;
      }
      for (std::size_t v = 1; v <= n; ++v) {
        for (std::size_t i = 0; i < n; ++i)
          simplex[v].at[i] = 0.5 * (simplex[v].at[i] + simplex[0].at[i]);
        simplex[v].loss = problem.loss(simplex[v].at);
      }
    }
  }
  return std::min_element(simplex.begin(), simplex.end(), better)->at;
}

Problem problem_of(const Bins& bins, bool video) {
  Problem problem{.least_corner = 1, .size = video ? std::size_t(6) : std::size_t(4)};
  for (const auto& [key, sum] : bins) {
    problem.total += sum.power;
    if (sum.space == 0 && sum.time == 0) problem.level = sum;
    if (!(sum.power > 0) || (sum.space == 0 && sum.time == 0)) continue;
    problem.bins.push_back(
        {sum.power / sum.count, sum.space / sum.count, sum.time / sum.count, sum.count});
    if (sum.space > 0)
      problem.least_corner = std::min(problem.least_corner, std::sqrt(sum.space / sum.count) / 4);
  }
  if (problem.bins.size() <= problem.size)
    throw ShapeError(text("fit_power_law: the clips give ", problem.bins.size(),
                          " frequency bins, too few for ", problem.size, " parameters"));
  return problem;
}

}  // namespace

SpectrumFit fit_power_law(const std::vector<Tensor>& clips, SpectrumKind kind) {
  const bool video = kind == SpectrumKind::video;
  SpectrumFit fit{.law = {}, .level = level_of(clips)};
  Bins bins;
  for (const Tensor& clip : clips) add_to_bins(measured_power(clip, fit.level, video), bins);
  const Problem problem = problem_of(bins, video);

  double least = problem.bins[0].power, middle = 0;
  for (const Bin& bin : problem.bins) {
    least = std::min(least, bin.power);
    middle +=
        std::log(bin.power * std::pow(bin.space + bin.time, 1.5)) / double(problem.bins.size());
  }
  Parameters p = {middle, 3, std::log(4 * problem.least_corner), std::log(least / 2), 0, 3};
  for (double edge : {1.0, 0.5, 0.2, 0.1}) p = minimise(problem, p, edge);

  fit.law = problem.law(p);
  fit.bins = std::int64_t(problem.bins.size());
  double sum = 0, weights = 0;
  for (const Bin& bin : problem.bins) {
    const double weight = Problem::weight(bin);
    sum += weight * std::pow(Problem::residual(bin, fit.law), 2), weights += weight;
  }
  fit.log_error = std::sqrt(sum / weights);
  return fit;
}

}  // namespace lvtino
