#pragma once

#include <string>

namespace lvtino {

enum class TailFamily { generalized_gaussian, student };

/// A symmetric law of mean 0 and variance 1 with free tails:
///
///   generalized_gaussian  p(w) ~ exp(-|w / a|^shape): 2 is the normal law, 1 that of Laplace;
///   student               Student's t with `shape` degrees of freedom, scaled to variance 1.
class HeavyTail {
 public:
  static constexpr double kLeastShape = 0.3, kMostShape = 2, kLeastDegrees = 2.1,
                          kMostDegrees = 1000;

  /// Throws NumericalError unless the shape is in [kLeastShape, kMostShape], the degrees of freedom
  /// in [kLeastDegrees, kMostDegrees].
  HeavyTail(TailFamily family, double shape);

  TailFamily family() const { return family_; }
  double shape() const { return shape_; }

  double log_density(double w) const;
  /// d/dw log_density; at 0 it is 0.
  double score(double w) const;
  /// P(W > w), w >= 0: 1/2 and less, to about 13 digits relative.
  double tail(double w) const;
  /// The w >= 0 of this tail, in (0, 1/2], by Newton's method from `guess`.
  double quantile(double tail, double guess) const;

  /// The length a of the formula; for Student's t the scale.
  double length() const { return length_; }
  /// The noise moves large values by an amount that goes like this power of them.
  double tail_power() const;

 private:
  TailFamily family_;
  double shape_, length_, log_norm_;
};

/// The law of signal W + noise eps, eps ~ N(0, 1), at one point.
struct NoisyLaw {
  double tail;     ///< P(signal W + noise eps > v)
  double density;  ///< at v
  double score;    ///< d/dv of its logarithm
};

/// By quadrature over W, to about 12 digits relative as long as the tail is above 1e-250.
/// v >= 0, signal >= 0, noise > 0.
NoisyLaw noisy_law(const HeavyTail& law, double signal, double noise, double v);

}  // namespace lvtino
