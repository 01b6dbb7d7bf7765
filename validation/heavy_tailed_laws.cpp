#include "validation/heavy_tailed_laws.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

constexpr std::int64_t kMost = 1 << 17;  // coefficients of a band that are sorted

// P(signal W + noise eps > v), v >= 0, as a plain sum over W = +- exp(x).
double share_above(const HeavyTail& law, double signal, double noise, double v) {
  const double step = std::min(0.02, 0.01 * noise / std::max(signal, 1e-12));
  double sum = 0;
  for (double x = -42; x < 12; x += step) {
    const double w = std::exp(x), mass = step * w * std::exp(law.log_density(w));
    if (mass < 1e-18) {
      if (x > 0) break;
      continue;
    }
    sum += 0.5 * mass *
           (std::erfc((v - signal * w) / (noise * M_SQRT2)) +
            std::erfc((v + signal * w) / (noise * M_SQRT2)));
  }
  return sum;
}

// The v >= 0 with this share above it: false position on the logarithm, with the weights of the
// Illinois method (Dowell and Jarratt 1971).
double point_of(const HeavyTail& law, double signal, double noise, double share) {
  const auto off = [&](double v) { return std::log(share_above(law, signal, noise, v) / share); };
  double low = 0, high = 1, above = off(low), below = off(high);
  while (below > 0) low = high, above = below, high *= 2, below = off(high);
  int side = 0;  // the end that moved last
  for (int i = 0; i < 60 && high - low > 1e-13 * high; ++i) {
    const double v = (low * below - high * above) / (below - above), here = off(v);
    if (std::abs(here) < 1e-13) return v;
    if (here > 0) {
      low = v, above = here;
      if (side == 1) below *= 0.5;
      side = 1;
    } else {
      high = v, below = here;
      if (side == -1) above *= 0.5;
      side = -1;
    }
  }
  return 0.5 * (low + high);
}

struct Followed {
  std::int64_t index;  // in the flat array of coefficients
  double at_s, at_t, origin, deviation;
};

std::vector<Followed> trajectories(const ConsistencyModel& model, const HeavyTailedModel& law,
                                   double s, double t, const Rng& rng) {
  const NoiseSchedule& schedule = model.schedule();
  const Shape& shape = law.domain();
  std::vector<Followed> out;
  std::int64_t draw = 0;
  for (const BandBox& box : law.boxes())
    for (const bool first : {true, false}) {  // luminance, and any channel
      std::array<std::int64_t, 5> at = {rng.below(shape[0], draw++),
                                        first ? 0 : rng.below(shape[1], draw++)};
      for (std::size_t d = 0; d < 3; ++d)
        at[2 + d] = box.begin[d] + rng.below(box.extent[d], draw++);
      Followed f{.index = 0};
      for (std::size_t d = 0; d < 5; ++d) f.index = f.index * shape[d] + at[d];
      const HeavyTailedBand& band = law.band(box.key);
      f.deviation = law.deviation(band, at[1]);
      // A share from the middle of the law to its tail, and a sign.
      const double share = 0.5 * std::pow(10, -5 * double(rng.below(1000, draw++)) / 1000);
      const double sign = rng.below(2, draw++) ? 1 : -1;
      const auto noisy = [&](double time) {
        return sign * point_of(band.tail, schedule.signal(time) * f.deviation, schedule.noise(time),
                               share);
      };
      f.at_s = noisy(s), f.at_t = noisy(t);
      f.origin = sign * f.deviation * band.tail.quantile(share, 1);
      if (std::none_of(out.begin(), out.end(),
                       [&](const Followed& o) { return o.index == f.index; }))
        out.push_back(f);
    }
  return out;
}

// f at a time, as coefficients in float64, from the followed coefficients alone.
Tensor origin_of(const ConsistencyModel& model, const HeavyTailedModel& exact,
                 const std::vector<Followed>& points, double Followed::*value, double time) {
  const Tensor c = at::zeros(model.domain(), at::kDouble);
  for (const Followed& f : points) c.view(-1)[f.index].fill_(f.*value);
  const double level = exact.law().mean;
  const Tensor z =
      exact.from_coefficients(c, model.schedule().signal(time) * level).to(model.placement().dtype);
  return exact.coefficients(model.origin(z, time).to(at::kDouble), level);
}

HeavyTailedModel in_float64(const HeavyTailedModel& law) {
  return HeavyTailedModel(law.domain(), {at::kDouble, at::kCPU}, rectified_flow(), law.law());
}

double deviations_of_variance(const HeavyTail& tail) {
  if (tail.family() != TailFamily::generalized_gaussian) return 0;
  const double b = tail.shape();
  const double fourth = std::exp(std::lgamma(5 / b) + std::lgamma(1 / b) - 2 * std::lgamma(3 / b));
  return std::sqrt(fourth - 1);
}

struct Finding {
  double residual = 0;
  std::string witness;
  void take(double value, const std::string& where) {
    if (!(value <= residual)) residual = value, witness = where;
  }
};

// How far w, sorted or not, is from draws of the law.
void compare(std::vector<double> w, const HeavyTail& tail, const std::string& where,
             Finding& finding) {
  static const double kSmirnov = std::sqrt(-0.5 * std::log(0.5e-6));
  const auto n = double(w.size());
  double sum = 0, squares = 0;
  for (const double value : w) sum += value, squares += value * value;
  finding.take(std::abs(sum) / std::sqrt(n) / 5, "mean of " + where);
  if (const double unit = deviations_of_variance(tail); unit > 0 && n > 10000)
    finding.take(std::abs(squares / n - 1) * std::sqrt(n) / unit / 5, "variance of " + where);
  std::sort(w.begin(), w.end());
  double distance = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double share = w[i] < 0 ? tail.tail(-w[i]) : 1 - tail.tail(w[i]);
    distance = std::max({distance, share - double(i) / n, double(i + 1) / n - share});
  }
  finding.take(std::sqrt(n) * distance / kSmirnov, "distribution of " + where);
}

}  // namespace

LawReport heavy_tailed_consistency(const std::string& subject, const ConsistencyModel& model,
                                   const HeavyTailedModel& law, double s, double t,
                                   const Rng& rng) {
  for (const double time : {s, t})
    if (!(model.schedule().noise(time) > 0))
      throw NotSupportedError(text("heavy_tailed_consistency: no noise at t = ", time));
  const HeavyTailedModel exact = in_float64(law);
  const std::vector<Followed> points = trajectories(model, exact, s, t, rng);
  const Tensor from_s = origin_of(model, exact, points, &Followed::at_s, s);
  const Tensor from_t = origin_of(model, exact, points, &Followed::at_t, t);
  const bool single = model.placement().dtype != at::kDouble;
  const double slack = single ? 0.01 * at::max(at::abs(from_s)).item<double>() : 0;
  Finding finding;
  for (const Followed& f : points) {
    const double a = from_s.view(-1)[f.index].item<double>();
    const double b = from_t.view(-1)[f.index].item<double>();
    const double unit = f.deviation + std::abs(f.origin) + slack;
    finding.take(std::max(std::abs(a - b), std::abs(a - f.origin)) / unit,
                 text("coefficient ", f.index, " at t = ", s, " and ", t));
  }
  const double bound = single ? 1e-4 : 1e-6;
  return {subject,
          "consistency along the probability flow",
          finding.residual,
          bound,
          finding.residual <= bound,
          finding.witness};
}

LawReport heavy_tailed_invariance(const std::string& subject, const ConsistencyModel& model,
                                  const HeavyTailedModel& law, double t, const Rng& rng) {
  const HeavyTailedModel exact = in_float64(law);
  const Tensor z_0 = exact.sample(rng.fork("law"));
  const Tensor eps = rng.fork("noise").normal(model.domain(), {at::kDouble, at::kCPU});
  const Tensor z_t = z_0.mul_(model.schedule().signal(t)).add_(eps, model.schedule().noise(t));
  const Tensor c = exact.coefficients(
      model.origin(z_t.to(model.placement().dtype), t).to(at::kDouble), exact.law().mean);
  Finding finding;
  for (const BandBox& box : exact.boxes())
    for (const bool opponents : {false, true}) {
      const std::int64_t channels = c.size(1);
      if (opponents && channels != 3) continue;
      const std::int64_t first = opponents ? 1 : 0, count = opponents       ? 2
                                                            : channels == 3 ? 1
                                                                            : channels;
      const HeavyTailedBand& band = exact.band(box.key);
      Tensor w = c.narrow(1, first, count);
      for (std::int64_t d = 0; d < 3; ++d)
        w = w.narrow(2 + d, box.begin[std::size_t(d)], box.extent[std::size_t(d)]);
      w = at::div(w, exact.deviation(band, first)).contiguous().view(-1);
      const double* values = w.const_data_ptr<double>();
      compare({values, values + std::min(w.numel(), kMost)}, band.tail,
              text("the ", opponents ? "opponent colours" : "coefficients", " of level ",
                   box.key.time, " in time, ", box.key.space, " in space, t = ", t),
              finding);
    }
  return {subject,
          "noise and f keep the law of every band",
          finding.residual,
          1,
          finding.residual <= 1,
          finding.witness};
}

}  // namespace lvtino
