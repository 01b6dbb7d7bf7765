#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace lvtino {

struct NetworkTimes {
  std::string device = "cpu", precision = "bfloat16";
  std::int64_t frames = 25, height = 768, width = 1280;
  std::int64_t frames_at_once = 5;  ///< of the image networks
  std::int64_t tile = 0;            ///< of the video autoencoder
  int repeats = 3;
  bool both_paths = false;  ///< the plain path (LVTINO_FAST=0) in turns with the fused one
  bool graphs = false;      ///< passes of transformer and U-net are recorded and played
  std::string only;         ///< stages whose name holds this
};

/// Times the stages of LVTINO's published networks with random weights, one network after the
/// other, and prints a table: seconds of one pass over the video (the least of the repeats; the
/// first, which warms up, beside it), processor seconds of all threads, the peak of memory so far
/// (of a GPU: what libtorch handed out, and beside it what is taken there after the stage; else of
/// the process), and the operations (OperationCount), their rate, and its share of the rate of a
/// large matrix product in the same precision in the same run. Only a stage
/// alone has a peak of its own. With `both_paths` also the seconds of the plain path, passes of the
/// two in turns, how many times faster the fused one is, and the largest difference of the results
/// relative to the largest number; kernels of convolutions have the order in memory of the fused
/// path for both. With `graphs` the second pass records and later ones play. Throws
/// NotSupportedError, ShapeError.
void print_network_times(std::ostream& out, const NetworkTimes& options);

}  // namespace lvtino
