#pragma once

#include <string>
#include <vector>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// A named tensor of a checkpoint.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// What the dictionary of a torch checkpoint holds.
struct TorchTensors {
  std::vector<NamedTensor> tensors;
  std::vector<std::string> others;  ///< names of entries that are no tensors: numbers, text, lists
};

}  // namespace lvtino
