#include "solvers/boxed_data.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

JointProxOptions with_box(JointProxOptions options, const Box& box) {
  options.box = box;
  return options;
}

}  // namespace

BoxedData::BoxedData(std::shared_ptr<const DataTerm> data, Box box, JointProxOptions options)
    : data_(std::move(data)),
      box_(box),
      joint_(data_, TotalVariation(0, 0, 0), with_box(std::move(options), box)),
      name_(text(data_->name(), " in [", box.low, ", ", box.high, "]")) {}

}  // namespace lvtino
