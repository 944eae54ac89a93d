import { isRecord, isRequestId, RELATED_TASK_KEY } from './routing/message.js';

/** Whether the members of `_meta` that the protocol defines have the types it gives them. All others are free. */
export function isMeta(meta: unknown): boolean {
  if (meta === undefined) return true;
  if (!isRecord(meta)) return false;
  const { progressToken, [RELATED_TASK_KEY]: task } = meta;
  return (
    (progressToken === undefined || isRequestId(progressToken)) &&
    (task === undefined || (isRecord(task) && typeof task['taskId'] === 'string'))
  );
}
