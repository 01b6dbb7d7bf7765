#include "priors/heavy_tailed_model.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"

namespace lvtino {
namespace {

constexpr std::int64_t kColours = 3;

Shape checked(const Shape& domain) {
  if (domain.size() != 5 || element_count(domain) == 0)
    throw ShapeError(text("HeavyTailedModel: expected a domain [N, C, T, H, W] with elements, got ",
                          to_string(domain)));
  return domain;
}

// How the coefficients of one band and kind of channel are mapped: by a table, or (with noise that
// no double would show) by a factor.
struct CoefficientMap {
  std::optional<QuantileMap> map;
  double scale_in = 1, scale_out = 1;
};

CoefficientMap map_of(const HeavyTail& tail, double deviation, double signal, double noise) {
  const double total = std::hypot(signal * deviation, noise);
  if (noise < 1e-7 * total) return {{}, 1, 1 / signal};
  return {QuantileMap(tail, signal * deviation / total, noise / total), 1 / total, deviation};
}

template <class T>
void apply_map(const CoefficientMap& map, T* x, std::int64_t count) {
  if (map.map) return map.map->apply(x, count, map.scale_in, map.scale_out);
  for (std::int64_t i = 0; i < count; ++i) x[i] *= T(map.scale_out);
}

// Calls work(pointer, count, box, channel) for the rows of all boxes, in parallel over the planes.
template <class T, class Work>
void for_rows(const Tensor& c, const std::vector<BandBox>& boxes, const Work& work) {
  const std::int64_t channels = c.size(1), frames = c.size(2), width = c.size(4);
  const std::int64_t plane = c.size(3) * width;
  T* const values = c.mutable_data_ptr<T>();
  parallel_for(c.size(0) * channels * frames, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t t = i % frames, channel = i / frames % channels;
      for (std::size_t b = 0; b < boxes.size(); ++b) {
        const auto& [key, from, extent] = boxes[b];
        if (t < from[0] || t >= from[0] + extent[0]) continue;
        for (std::int64_t row = 0; row < extent[1]; ++row)
          work(values + i * plane + (from[1] + row) * width + from[2], extent[2], b, channel);
      }
    }
  });
}

}  // namespace

HeavyTailedModel::HeavyTailedModel(Shape domain, Placement placement,
                                   std::shared_ptr<const NoiseSchedule> schedule,
                                   HeavyTailedLaw law)
    : ConsistencyModel(checked(domain), placement, std::move(schedule)),
      law_(std::move(law)),
      still_(law_.grid, this->domain()) {
  if ((placement.dtype != at::kFloat && placement.dtype != at::kDouble) ||
      !placement.device.is_cpu())
    throw PlacementError(text("HeavyTailedModel: expected float32 or float64 on the CPU, got ",
                              to_string(placement)));
  if (!std::isfinite(law_.mean) || !(law_.chroma > 0) || !std::isfinite(law_.chroma))
    throw NumericalError("HeavyTailedModel: expected a finite mean and a positive chroma");
  for (const HeavyTailedBand& band : law_.bands)
    if (!(band.deviation > 0) || !std::isfinite(band.deviation))
      throw NumericalError(
          text("HeavyTailedModel: expected positive deviations, got ", band.deviation));
  for (const BandBox& box : boxes()) band(box.key);
  if (this->domain()[1] == kColours) colours_ = dct_matrix(kColours, placement);
}

const HeavyTailedBand& HeavyTailedModel::band(const BandKey& key) const {
  for (const HeavyTailedBand& band : law_.bands)
    if (band.key == key) return band;
  throw ShapeError(text("HeavyTailedModel: no band of time level ", key.time, ", space level ",
                        key.space, key.diagonal ? ", diagonal" : ""));
}

double HeavyTailedModel::deviation(const HeavyTailedBand& band, std::int64_t channel) const {
  return band.deviation * (colours_.defined() && channel > 0 ? law_.chroma : 1);
}

Tensor HeavyTailedModel::turned(const Tensor& z, bool back) const {
  if (!colours_.defined()) return z;
  const Tensor m = colours_.to(z.scalar_type());
  return axis_product(back ? m.t().contiguous() : m, z, 1);
}

Tensor HeavyTailedModel::coefficients(const Tensor& z, double level) const {
  const Tensor c = turned(at::sub(z, level), false);
  still_.analyse(c);
  return c;
}

Tensor HeavyTailedModel::from_coefficients(const Tensor& c, double level) const {
  const Tensor z = c.clone();
  still_.synthesise(z);
  return turned(z, true).add_(level);
}

void HeavyTailedModel::map_coefficients(const Tensor& c, double signal, double noise,
                                        const std::vector<BandBox>& boxes) const {
  // One map for each distinct band, and one more for its opponent colours.
  std::vector<std::size_t> which;
  std::vector<const HeavyTailedBand*> bands;
  for (const BandBox& box : boxes) {
    const HeavyTailedBand* const found = &band(box.key);
    const auto at = std::find(bands.begin(), bands.end(), found);
    which.push_back(std::size_t(at - bands.begin()));
    if (at == bands.end()) bands.push_back(found);
  }
  const std::int64_t kinds = colours_.defined() ? 2 : 1;
  std::vector<CoefficientMap> maps(bands.size() * std::size_t(kinds));
  parallel_for(std::ssize(maps), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const HeavyTailedBand& band = *bands[std::size_t(i / kinds)];
      maps[std::size_t(i)] = map_of(band.tail, deviation(band, i % kinds), signal, noise);
    }
  });
  const auto work = [&](auto* x, std::int64_t count, std::size_t box, std::int64_t channel) {
    const auto kind = kinds == 2 && channel > 0 ? 1u : 0u;
    apply_map(maps[which[box] * std::size_t(kinds) + kind], x, count);
  };
  if (c.scalar_type() == at::kFloat)
    for_rows<float>(c, boxes, work);
  else
    for_rows<double>(c, boxes, work);
}

Tensor HeavyTailedModel::mapped(const Tensor& z_t, double t, const VideoWavelet& wavelet) const {
  const double signal = schedule().signal(t), noise = schedule().noise(t);
  if (noise == 0) return at::mul(z_t, 1 / signal);
  const Tensor c = turned(at::sub(z_t, signal * law_.mean), false);
  wavelet.analyse(c);
  map_coefficients(c, signal, noise, wavelet.boxes());
  wavelet.synthesise(c);
  return turned(c, true).add_(law_.mean);
}

Tensor HeavyTailedModel::do_origin(const Tensor& z_t, double t) const {
  return mapped(z_t, t, still_);
}

Tensor HeavyTailedModel::do_origin_drawn(const Tensor& z_t, double t, const Rng& rng) const {
  if (!law_.random_shift) return do_origin(z_t, t);
  const std::int64_t in_time = std::int64_t(1) << law_.grid.time_levels;
  const std::int64_t in_space = std::int64_t(1) << law_.grid.space_levels;
  const Rng shifts = rng.fork("shift");
  return mapped(z_t, t,
                VideoWavelet(law_.grid, domain(),
                             {shifts.below(in_time, 0), shifts.below(in_space, 1),
                              shifts.below(in_space, 2)}));
}

// The map from noise alone is W = F^-1(Phi(eps)).
Tensor HeavyTailedModel::sample(const Rng& rng) const {
  const Tensor c = rng.normal(domain(), placement());
  map_coefficients(c, 0, 1, boxes());
  return from_coefficients(c, law_.mean);
}

Tensor HeavyTailedModel::score(const Tensor& z_t, double t) const {
  const double signal = schedule().signal(t), noise = schedule().noise(t);
  if (!(noise > 0)) throw NotSupportedError(text("HeavyTailedModel: no noise at t = ", t));
  const Tensor c = coefficients(z_t.to(at::kDouble), signal * law_.mean);
  const std::vector<BandBox> all = boxes();
  for_rows<double>(c, all, [&](double* x, std::int64_t count, std::size_t b, std::int64_t channel) {
    const HeavyTailedBand& band = this->band(all[b].key);
    const double wide = signal * deviation(band, channel), total = std::hypot(wide, noise);
    for (std::int64_t i = 0; i < count; ++i) {
      const double v = x[i] / total;
      const double slope = noisy_law(band.tail, wide / total, noise / total, std::abs(v)).score;
      x[i] = (v < 0 ? -slope : slope) / total;
    }
  });
  return from_coefficients(c, 0).to(placement().dtype);
}

}  // namespace lvtino
