#pragma once

#include <vector>

#include "lvtino/core/rng.hpp"
#include "validation/law.hpp"

namespace lvtino::device {

/// Every kernel against the CPU's on drawn shapes (axes of one sample, sizes beside the widths of
/// packs and blocks, lengths of several blocks), float32 and float64: the largest difference
/// relative to the largest number of the CPU's result. `shapes`: how many for each kernel.
std::vector<LawReport> kernel_laws(int shapes, const Rng& rng);

}  // namespace lvtino::device
