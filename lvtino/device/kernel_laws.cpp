#include "lvtino/device/kernel_laws.hpp"

#include "lvtino/device/kernel_sets.hpp"

namespace lvtino::device {

std::vector<LawReport> kernel_laws(int shapes, const Rng& rng) {
  const Stream stream;
  std::vector<LawReport> out;
  add_tv_laws(stream, shapes, rng.fork("tv"), out);
  add_separable_laws(stream, shapes, rng.fork("separable"), out);
  add_joint_laws(shapes, rng.fork("joint"), out);
  add_jpeg_laws(stream, shapes, rng.fork("jpeg"), out);
  add_random_laws(stream, shapes, rng.fork("random"), out);
  add_fused_laws(stream, shapes, rng.fork("fused"), out);
#ifndef LVTINO_DEVICE_EMULATED
  add_pass_laws(shapes, rng.fork("pass"), out);
#endif
  return out;
}

}  // namespace lvtino::device
