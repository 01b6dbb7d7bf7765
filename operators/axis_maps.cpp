#include "operators/axis_maps.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

double sinc(double u) { return u == 0 ? 1 : std::sin(M_PI * u) / (M_PI * u); }

double kernel(Filter filter, double u) {
  const double a = std::abs(u);
  switch (filter) {
    case Filter::bicubic:
      if (a < 1) return (1.5 * a - 2.5) * a * a + 1;
      if (a < 2) return ((-0.5 * a + 2.5) * a - 4) * a + 2;
      return 0;
    case Filter::bilinear: return a < 1 ? 1 - a : 0;
    case Filter::lanczos: return a < 3 ? sinc(u) * sinc(u / 3) : 0;
    case Filter::area: break;  // integrated over the pixel, not sampled: see weight_of
  }
  return 0;
}

double support(Filter filter) {
  switch (filter) {
    case Filter::bicubic: return 2;
    case Filter::bilinear: return 1;
    case Filter::lanczos: return 3;
    case Filter::area: return 0.5;
  }
  return 0;
}

// Weight of the pixel at distance `d` pixels from the centre of an output sample.
double weight_of(Filter filter, double d, double factor) {
  if (filter != Filter::area) return kernel(filter, d / factor);
  const double overlap = std::min(d + 0.5, factor / 2) - std::max(d - 0.5, -factor / 2);
  return std::max(0.0, overlap);
}

void require_factor(const char* what, std::int64_t length, std::int64_t factor) {
  if (factor < 1 || factor > length)
    throw ShapeError(text(what, ": expected a factor in [1, ", length, "] for an axis of ", length,
                          " samples, got ", factor));
}

}  // namespace

std::int64_t source_index(std::int64_t i, std::int64_t length, Boundary boundary) {
  if (i >= 0 && i < length) return i;
  switch (boundary) {
    case Boundary::replicate: return i < 0 ? 0 : length - 1;
    case Boundary::circular: return ((i % length) + length) % length;
    case Boundary::reflect: {
      if (length == 1) return 0;
      const std::int64_t period = 2 * (length - 1);
      const std::int64_t phase = ((i % period) + period) % period;
      return phase < length ? phase : period - phase;
    }
    case Boundary::zero: break;
  }
  return -1;
}

AxisMap average(std::int64_t length, std::int64_t factor, Tail tail) {
  require_factor("average", length, tail == Tail::drop ? factor : std::min(factor, length));
  if (factor < 1) throw ShapeError(text("average: expected a factor >= 1, got ", factor));
  const std::int64_t count =
      tail == Tail::drop ? length / factor : (length + factor - 1) / factor;
  std::vector<std::vector<AxisMap::Entry>> rows{std::size_t(count)};
  for (std::int64_t j = 0; j < count; ++j)
    for (std::int64_t k = 0; k < factor; ++k)
      rows[std::size_t(j)].push_back({std::min(j * factor + k, length - 1), 1.0 / double(factor)});
  return AxisMap(length, rows);
}

AxisMap blur(std::int64_t length, const std::vector<double>& taps, Boundary boundary) {
  if (taps.empty()) throw ShapeError("blur: expected at least one tap");
  if (length < 1) throw ShapeError(text("blur: expected a length >= 1, got ", length));
  const std::int64_t count = std::int64_t(taps.size()), centre = (count - 1) / 2;
  std::vector<std::vector<AxisMap::Entry>> rows{std::size_t(length)};
  for (std::int64_t j = 0; j < length; ++j)
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t i = source_index(j + centre - k, length, boundary);
      if (i >= 0) rows[std::size_t(j)].push_back({i, taps[std::size_t(k)]});
    }
  return AxisMap(length, rows);
}

AxisMap shutter(std::int64_t length, double ratio, double exposure, Tail tail) {
  constexpr double kSame = 1e-9;  // of a sample: below it two times are one, told apart by rounding
  if (length < 1 || !(ratio >= 1) || !(exposure > 0 && exposure <= 1) || !std::isfinite(ratio))
    throw ShapeError(text("shutter: expected a ratio >= 1 and an exposure in (0, 1], got ", ratio,
                          " and ", exposure));
  const double open = exposure * ratio;
  const double windows = tail == Tail::drop
                             ? std::floor((double(length) - open) / ratio + kSame) + 1
                             : std::ceil(double(length) / ratio - kSame);
  if (windows < 1)
    throw ShapeError(text("shutter: a window of ", open, " samples does not fit an axis of ", length));
  std::vector<std::vector<AxisMap::Entry>> rows{std::size_t(windows)};
  for (std::size_t j = 0; j < rows.size(); ++j) {
    const double begin = double(j) * ratio, end = begin + open;
    double sum = 0;
    for (auto i = std::int64_t(std::floor(begin)); double(i) < end; ++i) {
      const double overlap = std::min(end, double(i + 1)) - std::max(begin, double(i));
      if (overlap < kSame * open) continue;
      rows[j].push_back({std::min(i, length - 1), overlap});
      sum += overlap;
    }
    for (AxisMap::Entry& entry : rows[j]) entry.weight /= sum;
  }
  return AxisMap(length, rows);
}

AxisMap pick(std::int64_t length, std::int64_t first, std::int64_t step, std::int64_t count) {
  if (first < 0 || step < 1 || count < 1 || first >= length || count - 1 > (length - 1 - first) / step)
    throw ShapeError(text("pick: expected ", count, " samples from ", first, " on in steps of ", step,
                          " to lie in an axis of ", length));
  std::vector<std::vector<AxisMap::Entry>> rows;
  for (std::int64_t j = 0; j < count; ++j) rows.push_back({{first + j * step, 1.0}});
  return AxisMap(length, rows);
}

std::vector<double> uniform_taps(std::int64_t count) {
  if (count < 1) throw ShapeError(text("uniform_taps: expected a count >= 1, got ", count));
  return std::vector<double>(std::size_t(count), 1.0 / double(count));
}

std::vector<double> gaussian_taps(double sigma, double truncate) {
  if (!(sigma > 0) || !(truncate > 0) || sigma * truncate > 1e5)
    throw ShapeError(text("gaussian_taps: expected sigma > 0 and truncate > 0 (product at most ",
                          "100000), got ", sigma, " and ", truncate));
  const auto radius = std::int64_t(std::ceil(sigma * truncate));
  std::vector<double> taps;
  double sum = 0;
  for (std::int64_t k = -radius; k <= radius; ++k) {
    taps.push_back(std::exp(-0.5 * double(k * k) / (sigma * sigma)));
    sum += taps.back();
  }
  for (double& tap : taps) tap /= sum;
  return taps;
}

AxisMap decimate(std::int64_t length, std::int64_t factor, Filter filter, Boundary boundary,
                 double offset) {
  require_factor("decimate", length, factor);
  const double reach = support(filter) * double(factor) + 0.5;
  const std::int64_t count = (length + factor - 1) / factor;
  std::vector<std::vector<AxisMap::Entry>> rows{std::size_t(count)};
  for (std::int64_t j = 0; j < count; ++j) {
    const double centre = double(factor * j) + offset;
    std::vector<AxisMap::Entry> row;
    double sum = 0;
    for (auto i = std::int64_t(std::ceil(centre - reach)); double(i) <= centre + reach; ++i) {
      const double weight = weight_of(filter, double(i) - centre, double(factor));
      sum += weight;
      const std::int64_t source = source_index(i, length, boundary);
      if (source >= 0 && weight != 0) row.push_back({source, weight});
    }
    for (AxisMap::Entry& entry : row) entry.weight /= sum;
    rows[std::size_t(j)] = row;
  }
  return AxisMap(length, rows);
}

}  // namespace lvtino
