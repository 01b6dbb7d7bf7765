#include "operators/banded_gram.hpp"

#include <algorithm>

namespace lvtino {

std::optional<BandedGram> banded_gram(const AxisMap& map, bool range_side) {
  const AxisMap turned = map.transposed();
  const AxisMap gram = range_side ? map.after(turned) : turned.after(map);
  BandedGram out{.size = gram.rows()};
  const auto each_entry = [&](const auto& use) {
    for (std::int64_t row = 0; row < gram.rows(); ++row)
      for (auto k = gram.offsets()[std::size_t(row)]; k < gram.offsets()[std::size_t(row) + 1]; ++k)
        use(row, std::int64_t(gram.indices()[std::size_t(k)]), gram.weights()[std::size_t(k)]);
  };
  each_entry([&](std::int64_t row, std::int64_t column, double) {
    out.half_width = std::max(out.half_width, std::abs(row - column));
  });
  if (out.half_width > kernels::kWidestBand || 2 * out.half_width >= out.size) return {};
  out.values.resize(std::size_t(out.size * (out.half_width + 1)));
  each_entry([&](std::int64_t row, std::int64_t column, double weight) {
    if (column <= row) out.values[std::size_t(row * (out.half_width + 1) + row - column)] = weight;
  });
  return out;
}

}  // namespace lvtino
