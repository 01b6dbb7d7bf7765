#pragma once

#include <array>
#include <type_traits>

#include "operators/axis_map.hpp"
#include "operators/linear_operator.hpp"

namespace lvtino {

/// One AxisMap for each axis of a video.
struct SeparableMaps {
  AxisMap channel, time, height, width;
};

/// A = C (x) T (x) H (x) W: one AxisMap each for channels, time, height and width, for every sample.
///
/// Problems A, B and C of LVTINO are each one SeparableOperator (C the identity), and so are colour
/// to grey, crops and dropped frames, alone or composed. The singular values of A are the products of
/// those of its maps, so that norm, pseudo-inverse and data prox are exact for every boundary rule.
/// CPU only: throws NotBuiltError for another device.
class SeparableOperator final : public LinearOperator {
 public:
  /// `domain` is [N, C, T, H, W]. Throws ShapeError if the maps do not fit it, PlacementError unless
  /// the dtype is float32 or float64.
  SeparableOperator(std::string name, const Shape& domain, const Placement& placement,
                    SeparableMaps maps);
  /// The same with the channels left alone.
  SeparableOperator(std::string name, const Shape& domain, const Placement& placement, AxisMap time,
                    AxisMap height, AxisMap width);

  const AxisMap& channel() const { return maps_[0]; }
  const AxisMap& time() const { return maps_[1]; }
  const AxisMap& height() const { return maps_[2]; }
  const AxisMap& width() const { return maps_[3]; }

  /// On the smaller of range and domain; its arithmetic is float64.
  std::shared_ptr<const GramFactors> gram_factors() const override;

 private:
  /// A map ready for the kernels: weights rounded once to each dtype, and the transpose beside it.
  struct Stage {
    explicit Stage(const AxisMap& map);
    AxisMap map;
    std::vector<float> single;
    bool identity;

    template <class T>
    const T* weights() const {
      if constexpr (std::is_same_v<T, float>)
        return single.data();
      else
        return map.weights().data();
    }
  };

  Tensor do_apply(const Tensor& x) const override;
  Tensor do_adjoint(const Tensor& y) const override;
  void do_adjoint_add(const Tensor& v, double scale, const Tensor& y, Tensor& out) const override;
  void run(const std::array<Stage, 4>& stages, const Tensor& in, const Tensor& base, double scale,
           Tensor& out) const;
  template <class T>
  void run_as(const std::array<Stage, 4>& stages, const Tensor& in, const Tensor& base, double scale,
              Tensor& out) const;

  std::array<AxisMap, 4> maps_;  // channel, time, height, width
  std::array<Stage, 4> forward_, backward_;
};

/// (second)(first) as one SeparableOperator. Throws ShapeError if the shapes do not match.
std::shared_ptr<const SeparableOperator> compose_separable(const SeparableOperator& second,
                                                           const SeparableOperator& first);

}  // namespace lvtino
