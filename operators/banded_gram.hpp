#pragma once

#include <optional>
#include <vector>

#include "operators/axis_map.hpp"
#include "operators/band_kernels.hpp"

namespace lvtino {

/// M M' or M'M of an axis map as a band, for systems that are cheaper to solve than to diagonalise.
struct BandedGram {
  std::int64_t size = 0, half_width = 0;
  std::vector<double> values;  ///< as in kernels::SymmetricBand

  kernels::SymmetricBand view() const { return {size, half_width, values.data()}; }
};

/// M M' (`range_side`) or M'M; nothing where its band is too wide to be worth it, as with circular
/// borders.
std::optional<BandedGram> banded_gram(const AxisMap& map, bool range_side);

}  // namespace lvtino
