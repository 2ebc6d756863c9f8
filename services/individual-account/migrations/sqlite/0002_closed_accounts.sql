-- An account that was closed can be emptied again of what came back to it, and an heir inherit again.
DROP INDEX movement_reference;
DROP INDEX movement_request;
CREATE UNIQUE INDEX movement_reference ON movement (person_id, kind, reference)
    WHERE kind NOT IN ('return', 'refund', 'bequest', 'inheritance');
CREATE UNIQUE INDEX movement_request ON movement (person_id, kind, request_id)
    WHERE kind NOT IN ('return', 'inheritance');
CREATE UNIQUE INDEX movement_inheritance ON movement (person_id, reference, request_id) WHERE kind = 'inheritance';
