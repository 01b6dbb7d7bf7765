#pragma once

namespace lvtino {

/// Q(a, x) = Gamma(a, x) / Gamma(a), the regularised upper incomplete gamma function, to about 14
/// digits relative (1e-300 and less comes out as 0). a > 0, x >= 0.
double upper_gamma(double a, double x);

/// I_x(a, b), the regularised incomplete beta function, to about 13 digits relative; `complement`
/// is 1 - x, given apart because it may be tiny. a, b > 0, 0 <= x <= 1.
double lower_beta(double a, double b, double x, double complement);

}  // namespace lvtino
