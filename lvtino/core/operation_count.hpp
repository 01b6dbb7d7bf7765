#pragma once

#include <cstdint>

namespace lvtino {

/// Counts the multiplications and additions (a multiply-add is two) of the matrix products,
/// convolutions and attention that libtorch is asked for while it lives, by this thread. What they
/// consist of inside is not counted again. Counters do not nest.
class OperationCount {
 public:
  OperationCount();
  ~OperationCount();
  OperationCount(const OperationCount&) = delete;
  OperationCount& operator=(const OperationCount&) = delete;

  double operations() const;

 private:
  std::uint64_t handle_;
};

}  // namespace lvtino
