#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <memory>

#include "../core/shapes.h"
#include "objects.h"
#include "stream.h"

namespace libvirt_napi {

namespace {

// A volume that is not what decides where the call runs.
struct SecondVol {
  std::shared_ptr<Handle> handle;
};

}  // namespace

template <>
struct Decode<SecondVol> {
  using Stored = std::shared_ptr<Handle>;
  static constexpr const char* type = HandleTraits<virStorageVol>::type.name;
  static Stored from(const Slot& slot) { return decodeHandle(slot, HandleTraits<virStorageVol>::type); }
  static SecondVol get(const Stored& handle) { return {handle}; }
};

template <>
struct Encode<virStorageVolInfo> {
  static Napi::Value make(Napi::Env env, const virStorageVolInfo& info) {
    return fields(env, "type", info.type, "capacity", info.capacity, "allocation", info.allocation);
  }
};

namespace {

// libvirt would send the name of a stranger's volume to the pool's daemon, which may have another one of that name. And
// nothing keeps another connection open for as long as this call runs.
virStorageVolPtr createXMLFrom(virStoragePoolPtr pool, const char* xmldesc, const SecondVol& clonevol, unsigned flags) {
  if (clonevol.handle->lane().get() != &Lane::current()) {
    ErrorRecord strange;
    strange.code = VIR_ERR_INVALID_ARG;
    strange.domain = VIR_FROM_STORAGE;
    strange.level = VIR_ERR_ERROR;
    strange.message = "invalid argument: the pool and the volume to clone are of two connections";
    throw Failure(strange);
  }
  return virStorageVolCreateXMLFrom(pool, xmldesc, clonevol.handle->get<virStorageVol>(), flags);
}

virStorageVolInfo infoFlags(virStorageVolPtr vol, unsigned flags) {
  virStorageVolInfo info{};
  check(virStorageVolGetInfoFlags(vol, &info, flags));
  return info;
}

}  // namespace

void bindStorageVol(Table& table) {
  table.def("virStorageVolLookupByName(pool, name)", virStorageVolLookupByName, quick);
  table.def("virStorageVolLookupByKey(conn, key)", virStorageVolLookupByKey, quick);
  table.def("virStorageVolLookupByPath(conn, path)", virStorageVolLookupByPath);
  table.def("virStorageVolCreateXML(pool, xmlDesc, flags)", virStorageVolCreateXML);
  table.def("virStorageVolCreateXMLFrom(pool, xmlDesc, clonevol, flags)", createXMLFrom);

  table.def("virStorageVolGetName(vol)", virStorageVolGetName, local);
  table.def("virStorageVolGetKey(vol)", virStorageVolGetKey, local);
  table.def("virStorageVolGetPath(vol)", virStorageVolGetPath, quick);
  table.def("virStorageVolGetXMLDesc(vol, flags)", virStorageVolGetXMLDesc);
  table.def("virStorageVolGetInfo(vol)", outOf<virStorageVolInfo>(virStorageVolGetInfo));
  table.def("virStorageVolGetInfoFlags(vol, flags)", infoFlags);
  table.def("virStorageVolResize(vol, capacity, flags)", virStorageVolResize);
  table.def("virStorageVolWipe(vol, flags)", virStorageVolWipe);
  table.def("virStorageVolWipePattern(vol, algorithm, flags)", virStorageVolWipePattern);
  table.def("virStorageVolDownload(vol, stream, offset, length, flags)",
            [](virStorageVolPtr vol, const StreamOfHere& stream, unsigned long long offset, unsigned long long length,
               unsigned flags) { return virStorageVolDownload(vol, stream.get(), offset, length, flags); });
  table.def("virStorageVolUpload(vol, stream, offset, length, flags)",
            [](virStorageVolPtr vol, const StreamOfHere& stream, unsigned long long offset, unsigned long long length,
               unsigned flags) { return virStorageVolUpload(vol, stream.get(), offset, length, flags); });
  table.def("virStorageVolDelete(vol, flags)", virStorageVolDelete);
}

}  // namespace libvirt_napi
