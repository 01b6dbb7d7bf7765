#pragma once

#include <memory>

#include "lvtino/device/separable.hpp"
#include "lvtino/device/tv_steps.hpp"

namespace lvtino::device {

/// Steps of the loop below; tau sigma |K|^2 <= 1 makes it converge.
struct PrimalDualSteps {
  double gamma, tau, sigma, theta = 1;
};

/// The iteration of solvers/chambolle_pock.hpp with constant steps, on the device:
///   q <- proj(q + sigma K(x + theta (x - x_old)))
///   x <- prox of g + |. - u|^2/(2 gamma) at x - tau K'q
/// from x = u, q = 0. Two iterations are recorded once and launched as a whole, since on small
/// videos a launch takes longer than its work.
template <class T>
class PrimalDualLoop {
 public:
  /// `u`: host memory, shape.slices * frames * height * width numbers. `data` may be null (g = 0)
  /// and must outlive the loop, as the stream must.
  PrimalDualLoop(const Stream& stream, const TvShape& shape, const TvWeights& weights, const T* u,
                 const PrimalDualSteps& steps, const DataProxOnDevice<T>* data);

  /// 2 `pairs` more iterations.
  void advance(int pairs) const;
  /// The iterate, on the device.
  const Buffer<T>& x() const { return x_; }

 private:
  void iterate(const Buffer<T>& now, const Buffer<T>& other) const;

  const Stream& stream_;
  TvShape shape_;
  TvWeights weights_;
  PrimalDualSteps steps_;
  const DataProxOnDevice<T>* data_;
  Buffer<T> u_, x_, other_;
  std::unique_ptr<Buffer<T>> h_, v_, t_;  // null for an axis of weight 0
  std::unique_ptr<Graph> pair_;
};

}  // namespace lvtino::device
